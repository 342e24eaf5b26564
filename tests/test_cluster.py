"""The scripts of docs/cluster, as far as one machine allows."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml

ROOT = Path(__file__).parents[1]
TINY = [
    *("--config", "quickstart", "--trainer.accelerator=cpu", "--trainer.callbacks=[]", "--trainer.limit_val_batches=0"),
    *("--data.init_args.batch_size=4", "--data.init_args.steps_per_epoch=2", "--trainer.log_every_n_steps=1"),
    "--data.init_args.synth.init_args.seconds=1.0",
]


def run(script: str, *arguments: str, folder: Path, **environment: str) -> str:
    path = f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    given = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
    command = ["bash", str(ROOT / "docs" / "cluster" / script), *arguments]
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def steps(folder: Path) -> list[int]:
    (path,) = folder.glob("metrics.csv")
    with path.open() as file:
        return [int(row["step"]) for row in csv.DictReader(file) if row.get("train/loss")]


def test_torchrun_trains_with_two_processes(tmp_path):
    run("torchrun.sh", "2", *TINY, "--trainer.max_epochs=1", folder=tmp_path)
    (folder,) = (tmp_path / "runs" / "quickstart").iterdir()
    assert steps(folder) == [0, 1] and (folder / "checkpoints" / "last.ckpt").exists()


def test_a_requeued_slurm_job_goes_on_where_it_was(tmp_path):
    (tmp_path / "bin").mkdir()
    srun = tmp_path / "bin" / "srun"
    srun.write_text('#!/bin/bash\nshift\nexec python -m lightning_modules.training_command "$@"\n')
    srun.chmod(0o755)
    one = {"SLURM_NTASKS": "1", "SLURM_JOB_NUM_NODES": "1", "SLURM_NTASKS_PER_NODE": "1", "SLURM_PROCID": "0"}
    one |= {"SLURM_LOCALID": "0", "SLURM_NODEID": "0", "SLURM_JOB_ID": "7", "SLURM_NODELIST": "localhost"}
    assert "goes on from" not in run("slurm.sh", "mine", *TINY, "--trainer.max_epochs=1", folder=tmp_path, **one)
    (first,) = (tmp_path / "runs" / "mine").iterdir()
    assert "goes on from" in run("slurm.sh", "mine", *TINY, "--trainer.max_epochs=2", folder=tmp_path, **one)
    (second,) = set((tmp_path / "runs" / "mine").iterdir()) - {first}
    assert steps(first) == [0, 1] and steps(second) == [2, 3]


def test_ray_renders_embeds_and_trains(tmp_path):
    pytest.importorskip("ray")
    synth = {"class_path": "synths.White", "init_args": {"n_mels": 64, "n_frames": 96}}
    study = {"name": "tiny", "config": str(ROOT / "configs/studies/masked.yaml"), "metrics": ["pictures"]}
    study |= {"rows": {name: {"data.init_args.synth": synth} for name in ("a", "b")}}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(study))
    tiny = ["data.init_args.steps_per_epoch=1", "data.init_args.batch_size=4"]
    (tmp_path / "sounds").mkdir()
    for number in range(3):
        soundfile.write(tmp_path / "sounds" / f"{number}.wav", np.full(8000, 0.1 * number), 8000)
    run("ray.sh", "local", "sounds", "tiny.yaml", "--set", *tiny, folder=tmp_path, N_SOUNDS="20")
    assert (tmp_path / "corpus" / "shard-000000.tar").exists()
    assert pq.read_metadata(tmp_path / "embeddings.parquet").num_rows == 3
    assert len(list((tmp_path / "results" / "study_tiny").glob("*.json"))) == 2
