"""What checkpoints cost: their share of a training hour, and a resumed start beside a fresh one.

python benchmarks/checkpoints.py [--config quickstart] [--out results/bench_checkpoints.json]

A run writes a checkpoint at the end of each epoch, and with trainers/checkpoints.yaml every thousand steps and twice an
hour as well. Shares follow from the seconds of a step and of a checkpoint, both medians; starts are CPU seconds of a
process with one step, since other processes may run.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from pytorch_lightning import Callback

from lightning_modules.command_line.cli import TrainingCLI
from synths import provenance

ROOT = Path(__file__).resolve().parents[1]
N_STEPS, N_CHECKPOINTS, N_STARTS = 8, 10, 2
GOALS = {"share_of_an_hour": 0.02, "resumed_start_more_s": 10.0}


class Timer(Callback):
    """Seconds of each step, and of checkpoints after the last."""

    def __init__(self):
        self.steps_s: list[float] = []
        self.checkpoints_s: list[float] = []
        self.n_bytes = 0
        self._start = 0.0

    def on_train_batch_start(self, *_: Any) -> None:
        self._start = time.perf_counter()

    def on_train_batch_end(self, trainer, *_: Any) -> None:
        self.steps_s.append(time.perf_counter() - self._start)
        for _ in range(N_CHECKPOINTS if trainer.global_step == N_STEPS else 0):
            path = Path("checkpoint.ckpt")
            start = time.perf_counter()
            trainer.save_checkpoint(path)
            self.checkpoints_s.append(time.perf_counter() - start)
            self.n_bytes = path.stat().st_size


def measured(config: str) -> dict[str, float]:
    """Steps and checkpoints of a config's training, and the share of checkpoints in an hour of it."""
    timer = Timer()
    quiet = ["--trainer.logger=false", "--trainer.enable_checkpointing=false", "--trainer.enable_progress_bar=false"]
    short = [f"--trainer.max_steps={N_STEPS}", "--trainer.callbacks=[]", "--trainer.limit_val_batches=0"]
    sys.argv = ["train.py", "--config", config, *quiet, *short]
    cli = TrainingCLI(run=False)
    cli.trainer.callbacks.append(timer)
    cli.trainer.fit(cli.model, datamodule=cli.datamodule)
    step_s, checkpoint_s = median(timer.steps_s[1:]), median(timer.checkpoints_s)
    n_steps = 3600 / step_s
    n_an_hour = {
        "at the end of an epoch": n_steps / cli.datamodule.steps_per_epoch,
        "within epochs": 2 + n_steps / 1000,
    }
    return {
        "step_s": step_s,
        "checkpoint_s": checkpoint_s,
        "checkpoint_mb": timer.n_bytes / 1e6,
        **{f"share_of_an_hour, {when}": n * checkpoint_s / 3600 for when, n in n_an_hour.items()},
        "share_of_an_hour": sum(n_an_hour.values()) * checkpoint_s / 3600,
    }


def start_s(config: str, max_steps: int, *arguments: str) -> float:
    """CPU seconds of a training of one step."""
    short = [f"--trainer.max_steps={max_steps}", "--trainer.limit_val_batches=0", "--trainer.callbacks=[]"]
    short += ["--data.init_args.batch_size=8"]
    command = [sys.executable, "-m", "lightning_modules.training_command", "fit", "--config", config]
    command += [*short, *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="quickstart")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench_checkpoints.json")
    options = parser.parse_args()
    out, before = options.out.resolve(), Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        figures = measured(options.config)
        starts = {"fresh": [], "resumed": []}
        for _ in range(N_STARTS):
            starts["fresh"].append(start_s(options.config, 1))
            starts["resumed"].append(start_s(options.config, 2, "--ckpt_path=last"))
        os.chdir(before)
    figures |= {f"{name}_start_s": median(some) for name, some in starts.items()}
    figures["resumed_start_more_s"] = figures["resumed_start_s"] - figures["fresh_start_s"]
    for name, value in figures.items():
        print(f"{name:42} {value:9.4f}" + (f"   goal: at most {GOALS[name]:g}" if name in GOALS else ""))
    config = {"config": options.config, "steps": N_STEPS, "checkpoints": N_CHECKPOINTS, "starts": N_STARTS}
    out.write_text(json.dumps(provenance.record({**config, "goals": GOALS}, 0, figures), indent=2) + "\n")
    print(f"wrote {out}")


if __name__ == "__main__":
    main()
