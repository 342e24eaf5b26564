"""Cost of labels: time for the labels that each objective uses, as a share of its training step."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from doppelganger.streams.labelled import LabelledStream
from lightning_modules.command_line.cli import TrainingCLI
from synths import provenance

ROOT = Path(__file__).parents[1]
N_ROUNDS = 25
GOAL = 0.05
OUT = ROOT / "results" / "bench_labels.json"


class Stopwatch:
    """Total time of some functions."""

    def __init__(self):
        self.seconds = 0.0

    def times(self, function: Callable) -> Callable:
        """The same function, whose time is added to `seconds`."""

        def timed(*args):
            start = time.perf_counter()
            out = function(*args)
            self.seconds += time.perf_counter() - start
            return out

        return timed


def measure(config: Path) -> dict[str, float]:
    """Medians: time of a training step in ms per sound, with rendering, and the share of labels in it."""
    cli = TrainingCLI(args=["--config", str(config), "--trainer.logger=false"], run=False)
    data, model = cli.datamodule, cli.model
    stream = data.stream
    assert isinstance(stream, LabelledStream)
    labeller = stream.labeller
    model.objective.build(stream)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    steps, shares = [], []
    for number in track(range(-2, N_ROUNDS), config.stem):
        labelling = Stopwatch()
        start = time.perf_counter()
        index = torch.arange(data.batch_size) + (number + 2) * data.batch_size
        vars(stream)["labeller"] = labelling.times(labeller)
        with torch.no_grad():
            made = stream(index)
        tags, caption = labelling.times(made.labels.make_tags), labelling.times(made.labels.make_caption)
        labels = replace(made.labels, make_tags=tags, make_caption=caption)
        model.objective(replace(made, labels=labels))["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
        if number >= 0:  # the first two warm up
            steps.append(time.perf_counter() - start)
            shares.append(labelling.seconds / steps[-1])
    return {"step_ms_a_sound": 1e3 * median(steps) / data.batch_size, "labels_share": median(shares)}


def main() -> None:
    """Measures every objective, prints a table and writes results/bench_labels.json."""
    configs = sorted((ROOT / "configs" / "supervised").glob("*.yaml"))
    figures = {config.stem: measure(config) for config in configs}
    table = Table("objective", "step, ms a sound", f"labels (goal: {GOAL:.0%})")
    for name, found in figures.items():
        table.add_row(name, f"{found['step_ms_a_sound']:.2f}", f"{found['labels_share']:.1%}")
    Console().print(table)
    config = {"configs": [config.stem for config in configs], "rounds": N_ROUNDS, "goal": GOAL}
    OUT.write_text(json.dumps(provenance.record(config, 0, figures), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {OUT}")


if __name__ == "__main__":
    main()
