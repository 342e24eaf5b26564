"""Sounds to shards in processes, against a loop of `play` and soundfile.write."""

import argparse
import json
import tempfile
import time
from functools import partial
from pathlib import Path

import soundfile
from rich.console import Console
from rich.table import Table

from synths import provenance
from synths.corpus.manifest import Head
from synths.corpus.recipe import Recipe
from synths.corpus.sound_format import SoundFormat
from synths.corpus.writing import write
from synths.engines import processes
from synths.finding import find

OUT = Path("results/bench_corpus.json")
# Two processes against one, and two against the loop.
GOALS = {"two_to_one": 1.7, "to_loop": 5.0}
Figures = dict[str, float]


def loop(synth, n: int, folder: Path) -> float:
    """Seconds a sound of what one writes without this package."""
    start = time.perf_counter()
    for i in range(n):
        soundfile.write(folder / f"{i}.flac", synth.play([i])[0].numpy(), synth.sample_rate)
    return (time.perf_counter() - start) / n


def shards(synth, settings: dict, name: str, n: int, size: int, n_processes: int, compiled: bool) -> Figures:
    """Seconds a sound: with the start of the processes, and without, from the first shard to the last."""
    recipe = Recipe.of(synth, name, settings, sound_format=SoundFormat("flac"), compiled=compiled)
    with tempfile.TemporaryDirectory() as folder:
        start, ends, written = time.perf_counter(), [], []
        engine = partial(processes.run, n_processes=n_processes)
        for n_sounds in write(Path(folder), Head(recipe, 0, size), n, engine):
            ends.append(time.perf_counter())
            written.append(n_sounds)
    # The first shards of all processes end at about the same time.
    steady = (ends[-1] - ends[n_processes]) / sum(written[n_processes + 1 :])
    return {"s_per_sound": (ends[-1] - start) / n, "steady_s_per_sound": steady}


def main() -> None:
    """Measures all, prints a table and writes results/bench_corpus.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--synth", default="voice")
    parser.add_argument("--sounds", type=int, default=10_000)
    parser.add_argument("--shard-size", type=int, default=500)
    parser.add_argument("--loop-sounds", type=int, default=1000, help="sounds of the loop, whose speed does not change")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--modes", nargs="+", choices=("eager", "compiled"), default=["eager", "compiled"])
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    settings = {"seconds": options.seconds}
    synth = find(options.synth)(**settings)
    with tempfile.TemporaryDirectory() as folder:
        loop(synth, 20, Path(folder))
        loop_s = loop(synth, options.loop_sounds, Path(folder))
    figures: dict[str, Figures] = {"loop": {"s_per_sound": loop_s, "steady_s_per_sound": loop_s}}
    for mode in options.modes:
        for n_processes in (1, 2):
            arguments = (options.synth, options.sounds, options.shard_size, n_processes, mode == "compiled")
            figures[f"{n_processes} {mode}"] = shards(synth, settings, *arguments)
    ratios = {}
    for key in ("s_per_sound", "steady_s_per_sound"):
        for mode in options.modes:
            two = figures[f"2 {mode}"][key]
            ratios[f"{mode} two_to_one {key}"] = figures[f"1 {mode}"][key] / two
            ratios[f"{mode} to_loop {key}"] = loop_s / two
    table = Table("processes", "ms a sound", "without the start", "times the loop", "without the start")
    for name, row in figures.items():
        both = row["s_per_sound"], row["steady_s_per_sound"]
        table.add_row(name, *(f"{1e3 * s:.2f}" for s in both), *(f"{loop_s / s:.1f}" for s in both))
    Console().print(table)
    result = {"figures": figures, "ratios": ratios, "goals": GOALS}
    config = {name: value for name, value in vars(options).items() if name != "out"}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(provenance.record(config, 0, result), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
