"""Measure speed and memory of the synths, torchsynth and SynthAX.

Our Voice, eager and compiled, and theirs do the same work in one run. The figures are the real-time factor, memory, and
how both grow with the batch and with the length of a sound; then the speed of every instrument at its own sample rate.
Writes one JSON file and prints each figure beside its goal. A peer that is not installed is left out.

Most of its time goes into compiling: one voice, one batch or one length after another.

examples:
  python -m synths benchmark
  python -m synths benchmark --device cuda --out results/bench_synths_gpu.json
  python -m synths benchmark --batches --lengths --voices voice
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from synths import files, provenance
from synths.benchmark.goals import goals
from synths.benchmark.growth import growth
from synths.benchmark.measure import Measured, copy_bytes_per_s, measure
from synths.benchmark.peers import GRADIENT, PEERS, Work, gradient, ours
from synths.benchmark.plot import plot
from synths.benchmark.tables import tables
from synths.command_line.usage import UsageError, naming, require_file
from synths.commands import _options
from synths.commands._tables import show
from synths.finding import built_in, find
from synths.instrument import Instrument
from synths.synth import AudioSynth


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="default: cpu")
    parser.add_argument(
        "--batch", type=_options.whole(1), metavar="N", help="sounds at a time (default: 128, on cuda 4096)"
    )
    parser.add_argument("--seconds", type=_options.positive, default=4.0, metavar="S", help="length (default: 4)")
    parser.add_argument("--sample-rate", type=_options.whole(1), default=44100, metavar="HZ", help="default: 44100")
    parser.add_argument("--repeats", type=_options.whole(1), default=5, help="timed calls each (default: 5)")
    parser.add_argument("--seed", type=_options.whole(0), default=0, help="seed for all random draws (default: 0)")
    parser.add_argument(
        "--batches",
        type=_options.whole(1),
        nargs="*",
        default=[1, 4, 16, 64, 256, 1024],
        metavar="N",
        help="batch sizes to measure, or none (default: 1 4 16 64 256 1024)",
    )
    parser.add_argument(
        "--lengths",
        type=_options.positive,
        nargs="*",
        default=[1, 2, 4, 8, 15, 30],
        metavar="S",
        help="lengths to measure, or none, 128 sounds at a time, on a CPU 32 (default: 1 2 4 8 15 30)",
    )
    parser.add_argument(
        "--limit", type=_options.positive, default=10.0, metavar="S", help="longest call while growing (default: 10 s)"
    )
    parser.add_argument(
        "--voices",
        nargs="*",
        metavar="SYNTH",
        help="synths to measure, or none (default: built-in instruments)",
    )
    parser.add_argument("--out", type=Path, default=Path("results/bench_synths.json"), help="default: %(default)s")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="also draw growth, as .svg, .png or .pdf")


def run(args: Namespace) -> None:
    if args.device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch sees no GPU here; use --device cpu")
    with naming("--voices"):
        names = list(built_in(Instrument)) if args.voices is None else args.voices
        voices = {name: find(name, AudioSynth) for name in names}
    require_file(args.out)
    with naming("--out", OSError):
        args.out.parent.mkdir(parents=True, exist_ok=True)
    on_gpu = args.device == "cuda"
    work = Work(args.batch or (4096 if on_gpu else 128), args.seconds, args.sample_rate, args.seed, args.device)
    config = {"batch": work.batch, "seconds": work.seconds, "sample_rate": work.sample_rate, "repeats": args.repeats}
    config |= {"device": work.device, "length_batch": min(work.batch, 128 if on_gpu else 32)}
    figures = _figures(args, work, config["length_batch"], voices)
    result = provenance.record(config, args.seed, figures, args.device)
    for table in tables(result):
        print(f"\n{table.title}")
        show(table.columns, table.rows)
    _write(result, args)


def _figures(args: Namespace, work: Work, length_batch: int, voices: Mapping[str, Callable[..., AudioSynth]]) -> dict:
    left_out: dict[str, str] = {}
    headline = measure({**PEERS, GRADIENT: gradient}, work, args.repeats, left_out)
    bandwidth = copy_bytes_per_s(work.device)
    works = {
        "batch": [replace(work, batch=n) for n in sorted(args.batches)],
        "seconds": [replace(work, batch=length_batch, seconds=s) for s in sorted(args.lengths)],
    }
    figures = {
        "peers": {name: _peer(measured, work, bandwidth) for name, measured in headline.items()},
        "copy_bytes_per_s": bandwidth,
        "growth": {what: growth(PEERS, several, min(args.repeats, 3), args.limit) for what, several in works.items()},
        "voices": {name: _voice(voices[name], name, work, args.repeats, left_out) for name in voices},
        "left_out": left_out,
    }
    return figures | {"goals": goals(figures, work.device)}


def _peer(measured: Measured, work: Work, bandwidth: float) -> dict:
    peak = measured.peak_bytes
    return {
        "times_real_time": work.audio_s / measured.median_s,
        "wall_s": measured.wall_s,
        "peak_bytes": peak,
        "buffers_above_output": None if peak is None else peak / work.n_bytes - 1,
        "share_of_copy": work.n_bytes / measured.median_s / bandwidth,
    }


def _voice(make: Callable[..., AudioSynth], name: str, work: Work, repeats: int, left_out: dict[str, str]) -> dict:
    """One synth, eager and compiled, at its own sample rate."""
    own = replace(work, sample_rate=make().sample_rate)
    prepares = {
        f"{name}, eager": partial(ours, make=make, compiled=False),
        f"{name}, compiled": partial(ours, make=make, compiled=True),
    }
    speed = {which: own.audio_s / m.median_s for which, m in measure(prepares, own, repeats, left_out).items()}
    torch._dynamo.reset()  # frees its compiled code
    eager, compiled = (speed.get(which) for which in prepares)
    return {"sample_rate": own.sample_rate, "eager": eager, "compiled": compiled}


def _write(record: dict, args: Namespace) -> None:
    with naming("--out", OSError):
        files.write(args.out, json.dumps(record, indent=2) + "\n")
    print(f"wrote {args.out}")
    if args.plot:
        with naming("--plot", (OSError, ValueError, ImportError)), files.replacing(args.plot) as temporary:
            plot(record).savefig(temporary, format=args.plot.suffix[1:] or "png")
        print(f"wrote {args.plot}")
