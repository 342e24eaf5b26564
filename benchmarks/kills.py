"""A training killed at ten random moments, each time continued, against one that was never stopped.

python benchmarks/kills.py [--kills 10] [--seed 0] [--out results/kills.json]

Every second kill waits until a checkpoint is being written. Then `--ckpt_path last` goes on. All losses that any of the
runs logged, and the whole last checkpoint, must be those of the uninterrupted training, bit for bit. A loss is missing
where the kill came between the checkpoint of a step and its line in the log.
"""

import argparse
import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from rich.progress import track

from synths import provenance
from synths.commands._tables import show

ROOT = Path(__file__).resolve().parents[1]
N_EPOCHS, STEPS_PER_EPOCH = 10, 25
# Moving averages, drop path, a schedule and validation. A checkpoint after every step, the last three of them kept.
ENCODER = "--model.init_args.objective.init_args.encoder"
TRAINING = [
    *("fit", "--config", "m2d/voice", "--seed_everything=0", f"--trainer.max_epochs={N_EPOCHS}"),
    *("--trainer.accelerator=cpu", "--trainer.log_every_n_steps=1", "--trainer.enable_progress_bar=false"),
    *("--trainer.callbacks=[]", "--trainer.callbacks+=ModelCheckpoint", "--trainer.callbacks.every_n_train_steps=1"),
    *("--trainer.callbacks.monitor=step", "--trainer.callbacks.mode=max", "--trainer.callbacks.save_top_k=3"),
    *(f"{ENCODER}=encoders/vit_tiny.yaml", f"{ENCODER}.init_args.backbone_options.depth=1"),
    f"{ENCODER}.init_args.backbone_options.drop_path_rate=0.5",
    *(f"--model.init_args.objective.init_args.decoder_{name}" for name in ("dim=32", "depth=1", "heads=2")),
    *(f"{ENCODER}.init_args.window_s=2.095", f"{ENCODER}.init_args.backbone_options.n_bands=80"),
    *("--data.init_args.synth=synths/voice.yaml", "--data.init_args.batch_size=4", "--data.init_args.compile=false"),
    f"--data.init_args.steps_per_epoch={STEPS_PER_EPOCH}",
]
# Most seconds of training before a kill.
LONGEST_S = 5.0
# These parts of a checkpoint belong to a run, not to the training: paths, and the time at which it was.
OF_A_RUN = {"callbacks", "config", "commit"}


def start(folder: Path, name: str, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "lightning_modules.training_command", *TRAINING, "--name", name, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(torch.get_num_threads())}
    with (folder / "log").open("w") as log:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


def losses(run: Path) -> dict[int, str]:
    """Step -> training loss, as a run logged them."""
    table = run / "metrics.csv"
    text = table.read_text() if table.exists() else ""
    whole = text[: text.rfind("\n") + 1]  # a killed run may leave half a line
    return {int(row["step"]): row["train/loss"] for row in csv.DictReader(whole.splitlines()) if row.get("train/loss")}


def half_written(run: Path) -> list[Path]:
    return list(run.glob("checkpoints/.*.tmp"))


def kill_after(seconds: float, in_a_write: bool, folder: Path, *arguments: str) -> dict[str, Any]:
    """Starts the training and kills it some time after its first step, or in the write of the next checkpoint.

    Returns what it went on from, and what it logged and left.
    """
    before = set(folder.glob("runs/killed/*"))
    process = start(folder, "killed", *arguments)
    while not (new := [run for run in set(folder.glob("runs/killed/*")) - before if losses(run)]):
        if process.poll() is not None:
            raise RuntimeError((folder / "log").read_text()[-3000:])
        time.sleep(0.01)
    time.sleep(seconds)
    while in_a_write and process.poll() is None and not half_written(new[0]):
        time.sleep(0.0005)
    process.kill()
    if process.wait() != -signal.SIGKILL:
        raise RuntimeError("the training was over before it was killed; make it longer")
    (run,) = new
    went_on = re.search(r"goes on from (.*)", (folder / "log").read_text())
    found = went_on and re.search(r"step=(\d+)", (folder / went_on[1]).resolve().name)
    return {
        "after_s": seconds,
        "went_on_from": int(found[1]) if found else 0,
        "first_step": min(losses(run)),
        "last_step": max(losses(run)),
        "in_a_write": bool(half_written(run)),
        "losses": losses(run),
    }


def finish(folder: Path, name: str, *arguments: str) -> tuple[dict[int, str], dict[str, Any]]:
    """A training to its end: the losses of its last run, and its last checkpoint."""
    if start(folder, name, *arguments).wait():
        raise RuntimeError((folder / "log").read_text()[-3000:])
    run = max(folder.glob(f"runs/{name}/*"), key=lambda path: path.stat().st_mtime_ns)
    return losses(run), torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    return a == b


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="seed for the moments of the kills")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "kills.json")
    options = parser.parse_args()

    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        whole, end = finish(folder, "whole")
        kills = []
        for number in track(range(options.kills), "killing"):
            after_s, resume = moments.uniform(0, LONGEST_S), ["--ckpt_path=last"] if number else []
            kills.append(kill_after(after_s, number % 2 == 1, folder, *resume))
        last, resumed_end = finish(folder, "killed", "--ckpt_path=last")
    logged: dict[int, str] = {}
    for each in [run.pop("losses") for run in kills] + [last]:
        logged |= {step: loss if logged.get(step, loss) == loss else "differs" for step, loss in each.items()}
    compared = [name for name in end if name not in OF_A_RUN]
    figures = {
        "kills": kills,
        "kills_in_a_write": sum(run["in_a_write"] for run in kills),
        "losses_logged": len(whole),
        "losses_that_differ": sum(loss != whole[step] for step, loss in logged.items()),
        "losses_missing": len(whole.keys() - logged.keys()),
        "state_that_differs": [name for name in compared if not equal(end[name], resumed_end.get(name))],
        "state_compared": compared,
    }
    show(
        ("kill", "after", "went on from", "first step", "last step", "in a write"),
        [
            (
                str(i),
                f"{k['after_s']:.2f} s",
                *(str(k[name]) for name in ("went_on_from", "first_step", "last_step")),
                "yes" if k["in_a_write"] else "no",
            )
            for i, k in enumerate(kills, start=1)
        ],
    )
    print({name: value for name, value in figures.items() if name != "kills"})
    config = {"training": TRAINING, "kills": options.kills, "longest_s": LONGEST_S}
    options.out.write_text(json.dumps(provenance.record(config, options.seed, figures), indent=2) + "\n")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
