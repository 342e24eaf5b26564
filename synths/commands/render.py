"""Write sounds, and the parameters that made them.

Writes SYNTH-000000.wav, SYNTH-000001.wav, ... (16-bit PCM) and sounds.jsonl, one JSON line a sound: file,
synth, index, seed, sample_rate, and parameters in their physical units. Sound number i of a seed is always
the same, whichever others are rendered with it. Doppelgängers are SYNTH-000000-a.wav, -b, ...; their lines
also hold view and delta.

Files of the same name are overwritten, others in the folder stay; sounds.jsonl lists the last run only.

examples:
  python -m synths render voice -n 16 --seed 0 --out sounds/
  python -m synths render voice -n 4 --first 100 --format flac --set keyboard.midi_f0=40:80 --set keyboard.duration=1
  python -m synths render voice -n 8 --doppelgangers 4 --delta 0.25 --out pairs/
  python -m synths render voice --first 7 --out seventh.flac
"""

import json
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from string import ascii_lowercase
from typing import NamedTuple

import torch
from torch import Tensor

from synths import files
from synths.commands import _options
from synths.perturbation import perturb
from synths.synth import AudioSynth
from synths.usage import UsageError, naming

# What is rendered at a time: at most this many sounds, of at most this many samples together.
_BLOCK_SOUNDS, _BLOCK_SAMPLES = 64, 1 << 24


class Sound(NamedTuple):
    """A sound, the name of its file without the extension, and what made it."""

    name: str
    waveform: Tensor
    label: dict


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("synth", help=_options.SYNTH)
    parser.add_argument("-n", type=_options.whole(1), default=1, help="how many sounds (default: 1)")
    parser.add_argument(
        "--first", type=_options.whole(0), default=0, metavar="INDEX", help="number of the first sound (default: 0)"
    )
    parser.add_argument("--seed", type=_options.whole(0), default=0, help="another seed, other sounds (default: 0)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("sounds"),
        help="a folder (default: sounds/), or for one sound a .wav or .flac, which is then all that is written",
    )
    parser.add_argument("--format", choices=files.FORMATS, help="format of the files in a folder (default: wav)")
    _options.add_ranges(parser)
    _options.add_sound(parser)
    parser.add_argument(
        "--doppelgangers",
        type=_options.whole(0, len(ascii_lowercase)),
        default=0,
        metavar="N",
        help="variants of each sound, every parameter moved a little (default: 0)",
    )
    parser.add_argument(
        "--delta",
        type=_options.not_negative,
        help="how far: the standard deviation of the move, parameters being in [0, 1] (default: 0.25)",
    )
    parser.add_argument("--compile", action="store_true", help="slow to start, then fast: for thousands of sounds")


def run(args: Namespace) -> None:
    file_format = _format(args)
    if args.delta is not None and not args.doppelgangers:
        raise UsageError(f"--delta {args.delta:g} moves nothing without --doppelgangers; add --doppelgangers 1")
    synth = _options.build(args, AudioSynth)
    if args.compile:
        synth.compile()

    n_files = args.n * (1 + args.doppelgangers)
    start = time.perf_counter()
    with naming(f"--out {args.out}", OSError):
        if _is_file(args.out):
            _write_file(args.out, _sounds(synth, args), file_format)
        else:
            _write_folder(args.out, _sounds(synth, args), file_format, n_files)
    elapsed_s, sound_s = time.perf_counter() - start, n_files * synth.n_samples / synth.sample_rate
    print(
        f"wrote {n_files} {'file' if n_files == 1 else 'files'} to {args.out}: {sound_s:.1f} s of sound "
        f"in {elapsed_s:.1f} s, {sound_s / elapsed_s:.0f} times real time"
    )


def _is_file(out: Path) -> bool:
    return out.suffix[1:].lower() in files.FORMATS


def _format(args: Namespace) -> str:
    """Format of the files, once --out, -n and --format are known to agree."""
    out: Path = args.out
    if not _is_file(out):
        if out.exists() and not out.is_dir():
            raise UsageError(f"--out {out}: expected a folder, or a new name; it is a file")
        return args.format or "wav"
    file_format = out.suffix[1:].lower()
    if args.n > 1 or args.doppelgangers:
        raise UsageError(f"--out {out}: expected a folder for more than one sound; name one, or ask for -n 1 alone")
    if args.format not in (None, file_format):
        raise UsageError(f"--format {args.format}: --out {out} is {file_format}; leave --format out, or change --out")
    if out.is_dir():
        raise UsageError(f"--out {out}: expected the name of a file; it is a folder")
    return file_format


def _sounds(synth: AudioSynth, args: Namespace) -> Iterator[Sound]:
    """Each sound followed by its doppelgängers, rendered a block at a time."""
    views = ["", *ascii_lowercase[: args.doppelgangers]]
    delta = 0.25 if args.delta is None else args.delta
    rows = min(args.n, max(1, min(_BLOCK_SOUNDS, _BLOCK_SAMPLES // synth.n_samples) // len(views)))
    end = args.first + args.n
    fingerprint = synth.space.fingerprint()
    for start in range(args.first, end, rows):
        # Compiled code is for one shape: rather than compile again for the rest, render a whole block of it.
        index = torch.arange(start, start + rows if args.compile else min(start + rows, end))
        original = synth.sample(index, args.seed)
        thetas = [
            perturb(synth.space, original, delta, index, seed=args.seed, view=v) if v else original for v in views
        ]
        keys = [synth.noise_key(index, args.seed, view) for view in views]
        theta = torch.stack(thetas, dim=1).flatten(0, 1)  # (rows * views, n_parameters)
        waveforms = synth.render(theta, torch.stack(keys, dim=1).flatten())
        names = [(i, view) for i in index.tolist() for view in views if i < end]
        for (i, view), waveform, values in zip(names, waveforms, synth.space.to_physical(theta).tolist(), strict=False):
            label = {"synth": args.synth, "fingerprint": fingerprint, "index": i, "seed": args.seed}
            label |= {"sample_rate": synth.sample_rate}
            label |= {"view": view, "delta": delta} if view else {}
            label["parameters"] = dict(zip(synth.space.names, values, strict=True))
            yield Sound(f"{synth.short_name()}-{i:06d}" + (f"-{view}" if view else ""), waveform, label)


def _encoded(sounds: Iterator[Sound], file_format: str) -> Iterator[tuple[Sound, bytes]]:
    for sound in sounds:
        with naming("--format, --sample-rate"):
            data = files.encode(sound.waveform, sound.label["sample_rate"], file_format)
        yield sound, data


def _write_file(path: Path, sounds: Iterator[Sound], file_format: str) -> None:
    _, data = next(_encoded(sounds, file_format))
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, data)


def _write_folder(folder: Path, sounds: Iterator[Sound], file_format: str, n_files: int) -> None:
    from rich.console import Console
    from rich.progress import track

    encoded = _encoded(sounds, file_format)
    # What cannot be rendered or encoded fails here, before there is a folder.
    encoded = chain([next(encoded)], encoded)
    folder.mkdir(parents=True, exist_ok=True)
    files.remove_leftovers(folder)
    console = Console(stderr=True)
    progress = {"total": n_files, "console": console, "disable": not console.is_terminal, "transient": True}
    with files.replacing(folder / "sounds.jsonl") as temporary, temporary.open("w", encoding="utf-8") as lines:
        for sound, data in track(encoded, "rendering", **progress):
            name = f"{sound.name}.{file_format}"
            files.write(folder / name, data, durable=False)  # waiting for the disk would take longer than rendering
            lines.write(json.dumps({"file": name, **sound.label}) + "\n")
