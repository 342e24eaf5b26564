"""Start-up of every entry point: CPU time of a whole process, as a ratio to importing torch."""

import json
import os
import resource
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from synths import provenance

ROOT = Path(__file__).parents[1]
N_ROUNDS = 5
OUT = ROOT / "results" / "bench_startup.json"
TORCH = "import torch"
# Goals in CPU seconds, on top of torch's where it is imported.
COMMANDS: dict[str, tuple[list[str], float | None, bool]] = {
    TORCH: (["-c", "import torch"], None, False),
    "synths --help": (["-m", "synths", "--help"], 0.5, False),
    "synths --version": (["-m", "synths", "--version"], 0.5, False),
    "doppelganger --help": (["-m", "doppelganger", "--help"], 0.5, False),
    "doppelganger --version": (["-m", "doppelganger", "--version"], 0.5, False),
    "synths list": (["-m", "synths", "list"], 0.5, True),
    "import synths": (["-c", "from synths import *"], 0.5, True),
    "import doppelganger": (["-c", "from doppelganger import *"], 0.5, True),
    "doppelganger embed --help": (["-m", "doppelganger", "embed", "--help"], None, True),
    "doppelganger evaluate --help": (["-m", "doppelganger", "evaluate", "--help"], None, True),
    "doppelganger-train --version": (["train.py", "--version"], 0.5, False),
    "doppelganger-train --help": (["train.py", "--help"], 0.5, False),
    "doppelganger-train fit --help": (["train.py", "fit", "--help"], 6.0, False),
}


def cpu_s(arguments: list[str]) -> float:
    """CPU time of a Python process and its children, in s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure() -> dict[str, dict[str, float | None]]:
    """Medians over rounds, each of which runs every command once; the first round fills the caches."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in track(range(N_ROUNDS + 1), "starting"):
        for name, (arguments, _, _) in COMMANDS.items():
            seconds = cpu_s(arguments)
            if number:
                times[name].append(seconds)
    return {
        name: {
            "cpu_s": median(some),
            "ratio_to_torch": median(s / torch_s for s, torch_s in zip(some, times[TORCH], strict=True)),
            "goal_cpu_s": _goal(name, median(times[TORCH])),
        }
        for name, some in times.items()
    }


def _goal(name: str, torch_s: float) -> float | None:
    _, goal, beyond_torch = COMMANDS[name]
    return None if goal is None else goal + beyond_torch * torch_s


def main() -> None:
    """Measures every command, prints a table and writes results/bench_startup.json."""
    figures = measure()
    table = Table("command", "CPU s", "goal", "times torch")
    for name, row in figures.items():
        goal = "" if row["goal_cpu_s"] is None else f"{row['goal_cpu_s']:.2f}"
        table.add_row(name, f"{row['cpu_s']:.2f}", goal, f"{row['ratio_to_torch']:.2f}")
    Console().print(table)
    # Lightning's metrics import these where they are installed, which takes seconds.
    beside = {name: find_spec(name) is not None for name in ("torchvision", "transformers", "torchaudio")}
    config = {
        "rounds": N_ROUNDS,
        "commands": {name: arguments for name, (arguments, _, _) in COMMANDS.items()},
        "installed": beside,
    }
    OUT.write_text(json.dumps(provenance.record(config, 0, figures), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {OUT}")


if __name__ == "__main__":
    main()
