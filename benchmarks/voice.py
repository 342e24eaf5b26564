"""How fast the Voice is on this machine: ours, ours compiled, and torchsynth's own.

python benchmarks/voice.py [--sounds 128] [--seconds 4.0] [--repeats 5] [--seed 0] [--out results/bench_voice.json]
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

import synths
from synths.provenance import commit, machine
from synths.torchsynth import import_torchsynth

ROOT = Path(__file__).resolve().parents[1]
RATE = 44100
BASELINE = "torchsynth"


def renderers(n_sounds: int, seconds: float, seed: int) -> dict[str, Callable[[], object]]:
    """Name -> a call that draws and renders one batch."""
    index = torch.arange(n_sounds)
    eager = synths.Voice(sample_rate=RATE, seconds=seconds)
    compiled = synths.Voice(sample_rate=RATE, seconds=seconds)
    compiled.compile()
    torchsynth = import_torchsynth()
    theirs = torchsynth.synth.Voice(torchsynth.config.SynthConfig(n_sounds, RATE, seconds))
    return {
        BASELINE: lambda: theirs(seed),
        "ours, eager": lambda: eager.play(index, seed),
        "ours, compiled": lambda: compiled.play(index, seed),
    }


@torch.no_grad()
def measure(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Name -> wall seconds of each call, after one to warm up; the calls take turns, so all meet the same load."""
    times = {name: [] for name in calls}
    for turn in track(range(repeats + 1), description="rendering (the first turn compiles)"):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if turn:
                times[name].append(time.perf_counter() - start)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sounds", type=int, default=128, help="sounds a batch; a multiple of 32, for torchsynth")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a sound")
    parser.add_argument("--repeats", type=int, default=5, help="timed turns")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench_voice.json")
    options = parser.parse_args()

    times = measure(renderers(options.sounds, options.seconds, options.seed), options.repeats)
    audio_s = options.sounds * options.seconds
    speed = {name: audio_s / statistics.median(seconds) for name, seconds in times.items()}
    figures = {
        name: {"times_real_time": speed[name], "ratio": speed[name] / speed[BASELINE], "wall_s": times[name]}
        for name in times
    }

    about = machine()
    table = Table(
        title=f"Voice, {options.sounds} sounds of {options.seconds:g} s at {RATE} Hz, median of {options.repeats}"
    )
    table.add_column("synth")
    table.add_column("times real time", justify="right")
    table.add_column(f"times {BASELINE}", justify="right")
    for name, row in figures.items():
        table.add_row(name, f"{row['times_real_time']:,.0f}", f"{row['ratio']:.1f}")
    table.caption = f"{about['cpu']}, {about['threads']} threads, torch {about['torch']}"
    Console().print(table)

    config = {"sounds": options.sounds, "seconds": options.seconds, "sample_rate": RATE, "repeats": options.repeats}
    record = {"config": config, "seed": options.seed, "commit": commit(), "machine": about, "figures": figures}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
