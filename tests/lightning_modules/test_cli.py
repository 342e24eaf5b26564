"""What the command line takes from configs and checkpoints, and what it refuses."""

import json
import os
import resource
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import yaml
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from lightning_modules.accelerators import cpu_has_bf16
from lightning_modules.callbacks import SavePredictions
from lightning_modules.checkpoint_io import AtomicCheckpointIO
from lightning_modules.command_line import cli as command_line
from lightning_modules.command_line.cli import TrainingCLI

CONFIGS = Path(__file__).parents[2] / "configs"

pytestmark = pytest.mark.filterwarnings("ignore")


def run(monkeypatch, *arguments: str) -> TrainingCLI:
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    return TrainingCLI()


def with_hyper_parameters(path, hyper_parameters, to) -> str:
    checkpoint = torch.load(path, weights_only=True)
    torch.save({**checkpoint, "hyper_parameters": hyper_parameters}, to)
    torch.load(to, weights_only=True)
    return str(to)


def test_the_hyper_parameters_of_a_checkpoint_never_reach_the_config(config, monkeypatch, tmp_path):
    cli = run(monkeypatch, "fit", "--config", config)
    trained = cli.trainer.checkpoint_callback.best_model_path
    system = {"class_path": "os.system", "init_args": {"command": f"touch {tmp_path / 'exploded'}"}}
    written = yaml.safe_load(Path(config).read_text())["model"]
    model = written["init_args"]
    hostile = {**model, "optimizer": system, "_class_path": written["class_path"]}
    honest = {**model, "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 0.001}}}
    for name, optimizer in (("hostile", hostile), ("honest", honest)):
        file = with_hyper_parameters(trained, json.loads(json.dumps(optimizer)), tmp_path / f"{name}.ckpt")
        for command in ("validate", "test", "predict", "fit"):
            cli = run(monkeypatch, command, "--config", config, "--ckpt_path", file)
            assert cli.config[command].model.init_args.optimizer.init_args.lr == 0.5
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    "given", [{"init_args": {"command": "touch exploded"}}, {"dict_kwargs": {"command": "touch exploded"}}]
)
def test_an_optimizer_that_is_no_optimizer_is_refused_before_anything_runs(
    given, config, monkeypatch, capsys, tmp_path
):
    optimizer = json.dumps({"class_path": "os.system", **given})
    with pytest.raises(SystemExit):
        run(monkeypatch, "fit", "--config", config, f"--model.init_args.optimizer={optimizer}")
    expected = "model.init_args.optimizer: expected the class path of a torch.optim.Optimizer; got os.system"
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--trainer.enable_progress_bar=false"],
        ["--trainer.enable_checkpointing=false"],
        ["--trainer.logger=false"],
        ["--trainer.callbacks+=ModelCheckpoint"],
        ["--trainer.callbacks+=ModelCheckpoint", "--trainer.callbacks.every_n_train_steps=2"],
        ["--trainer.callbacks+=TQDMProgressBar"],
        ["--trainer.callbacks+=LearningRateMonitor"],
    ],
    ids=" ".join,
)
def test_what_every_run_has_gives_way_to_the_config(arguments, config, monkeypatch):
    cli = run(monkeypatch, "fit", "--config", config, "--trainer.limit_train_batches=2", *arguments)
    assert cli.trainer.global_step == 2


def test_the_last_epoch_has_a_checkpoint_where_not_every_epoch_is_validated(config, monkeypatch):
    every = ["--trainer.max_epochs=3", "--trainer.check_val_every_n_epoch=2"]
    cli = run(monkeypatch, "fit", "--config", config, *every)
    (last,) = Path("runs").rglob("last.ckpt")
    assert torch.load(last)["global_step"] == cli.trainer.global_step == 12


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--name=a/../../b", "--name: expected a name, or a path below runs/ without ..; got 'a/../../b'"),
        ("--name=/tmp/b", "--name: expected a name, or a path below runs/ without ..; got '/tmp/b'"),
        ("--name=", "--name: expected a name, or a path below runs/ without ..; got ''"),
        ("--trainer.accumulate_grad_batches=0", "--trainer.accumulate_grad_batches: expected a number above 0; got 0"),
        ("--trainer.accumulate_grad_batches=-2", "expected a number above 0; got -2"),
        ("--trainer.check_val_every_n_epoch=0", "--trainer.check_val_every_n_epoch: expected a number above 0; got 0"),
        ("--trainer.val_check_interval=0.0", "--trainer.val_check_interval: expected a number above 0; got 0.0"),
    ],
)
def test_a_value_that_would_end_in_a_traceback_or_elsewhere_is_refused(argument, said, config, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run(monkeypatch, "fit", "--config", config, argument)
    assert said in capsys.readouterr().err and not Path("runs").exists()


def test_a_folder_of_runs_on_a_disk_that_is_not_there_is_an_error_of_the_system(config, monkeypatch):
    Path("runs").symlink_to("elsewhere/runs")
    with pytest.raises(FileExistsError, match="runs"):
        run(monkeypatch, "fit", "--config", config)


def test_two_runs_of_one_second_have_folders_of_their_own(config, monkeypatch, tmp_path):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2030, 1, 2, 3, 4, 5)

    monkeypatch.setattr(command_line, "datetime", Clock)
    for _ in range(3):
        run(monkeypatch, "validate", "--config", config)
    names = sorted(path.name for path in (tmp_path / "runs" / "run").iterdir())
    assert names == ["20300102-030405", "20300102-030405-2", "20300102-030405-3"]


def test_initial_weights_are_named_where_no_checkpoint_is_given(config, monkeypatch, capsys):
    note = "validate without --ckpt_path: the weights are those that the config starts with"
    path = run(monkeypatch, "fit", "--config", config).trainer.checkpoint_callback.best_model_path
    run(monkeypatch, "validate", "--config", config, "--ckpt_path", path)
    assert "--ckpt_path" not in capsys.readouterr().err
    run(monkeypatch, "validate", "--config", config)
    assert f"train.py: {note}" in capsys.readouterr().err


def test_last_is_the_newest_whole_checkpoint_of_the_name(config, monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run(monkeypatch, "fit", "--config", config, "--ckpt_path=last")
    assert "--ckpt_path last, --name run: expected a checkpoint below runs/run; found none" in capsys.readouterr().err
    first = Path(run(monkeypatch, "fit", "--config", config).trainer.checkpoint_callback.best_model_path)
    last = first.with_name("last.ckpt")
    assert last.is_symlink() and last.resolve() == first.resolve()
    second = run(monkeypatch, "fit", "--config", config, "--ckpt_path=last", "--trainer.max_epochs=2")
    assert f"train.py: goes on from {last}" in capsys.readouterr().err
    assert second.trainer.global_step == 8 and first.is_file()
    newest = Path(second.trainer.checkpoint_callback.best_model_path)
    newest.write_bytes(newest.read_bytes()[:-1000])
    cli = run(monkeypatch, "validate", "--config", config, "--ckpt_path=last")
    said = capsys.readouterr().err
    assert f"{newest} is not whole and was passed over" in said and f"train.py: reads {last}" in said
    assert cli.config.validate.ckpt_path == str(last)


def test_the_last_checkpoints_by_step_and_by_time_are_kept(config, monkeypatch, tmp_path, capsys):
    by_step, by_time = yaml.safe_load((CONFIGS / "trainers" / "checkpoints.yaml").read_text())
    assert by_step["init_args"].pop("every_n_train_steps") == 1000
    assert by_time["init_args"].pop("train_time_interval") == "0:30:00"
    by_step["init_args"]["every_n_train_steps"], by_time["init_args"]["train_time_interval"] = 2, "0:00:00"
    (tmp_path / "often.yaml").write_text(yaml.safe_dump([by_step, by_time]))
    arguments = ["fit", "--config", config, "--trainer.callbacks+=often.yaml", "--trainer.max_epochs=3"]
    run(monkeypatch, *arguments)
    (folder,) = Path("runs").rglob("checkpoints")
    names = {path.name for path in folder.iterdir()}
    expected = {f"step={step}.ckpt" for step in (8, 10, 12)} | {f"time-step={step}.ckpt" for step in (10, 11, 12)}
    assert names == expected | {"epoch=2-step=12.ckpt", "last.ckpt"}
    for name in ("last.ckpt", "step=12.ckpt", "time-step=12.ckpt"):
        os.truncate((folder / name).resolve(), 1000)
    resumed = run(monkeypatch, *arguments, "--ckpt_path=last")
    said = capsys.readouterr().err
    assert f"goes on from {folder / 'time-step=11.ckpt'}" in said and said.count("is not whole") == 4
    assert resumed.trainer.global_step == 12


def test_a_checkpoint_that_does_not_fit_says_so(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            AtomicCheckpointIO().save_checkpoint({"a": torch.zeros(100_000)}, tmp_path / "a.ckpt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.filename == str(tmp_path / "a.ckpt") and not os.listdir(tmp_path)


def test_a_checkpoint_is_whole_or_absent(tmp_path, monkeypatch):
    AtomicCheckpointIO().save_checkpoint({"a": torch.zeros(3)}, tmp_path / "a.ckpt")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        AtomicCheckpointIO().save_checkpoint({"a": torch.ones(3)}, tmp_path / "a.ckpt")
    assert os.listdir(tmp_path) == ["a.ckpt"]
    assert torch.equal(AtomicCheckpointIO().load_checkpoint(tmp_path / "a.ckpt")["a"], torch.zeros(3))


def test_predictions_are_whole_or_absent(tmp_path):
    columns = [{"index": torch.arange(4), "embedding": torch.ones(4, 5000)}]
    trainer = SimpleNamespace(log_dir=tmp_path, global_rank=0)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # as a full disk
    try:
        with pytest.raises(OSError, match=r"predictions-0\.pt"):
            SavePredictions().write_on_epoch_end(trainer, None, columns, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == []


def test_a_schedule_without_an_end_is_refused(config, monkeypatch):
    endless = ["--trainer.max_epochs=-1", "--trainer.logger=false"]
    with pytest.raises(
        ValueError, match=r"model\.schedule: Cosine .*needs .*trainer\.max_epochs -1.*trainer\.max_steps"
    ):
        run(monkeypatch, "fit", "--config", config, *endless)
    constant = {"class_path": "lightning_modules.schedules.Constant", "init_args": {"warmup": 0}}
    schedule = f"--model.init_args.schedule={json.dumps(constant)}"
    timed = [*endless, "--trainer.max_time=00:00:00:01"]
    full = 0.5 * 4 / 256
    cli = run(monkeypatch, "fit", "--config", config, *timed, schedule)
    assert cli.trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(full)
    cli = run(monkeypatch, "fit", "--config", config, *timed, "--name=cosine")
    assert cli.trainer.optimizers[0].param_groups[0]["lr"] < 0.02 * full  # it ends with the time


def test_a_job_of_a_cluster_has_a_root_of_its_own(config, monkeypatch, tmp_path):
    """Lightning resumes from any hpc_ckpt in the root, which by default is the working directory of all jobs."""
    first = run(monkeypatch, "fit", "--config", config, "--trainer.max_epochs=3")
    another_jobs = tmp_path / "hpc_ckpt_1.ckpt"
    another_jobs.write_bytes(Path(first.trainer.checkpoint_callback.best_model_path).read_bytes())
    for name, value in {"JOB_ID": "7", "JOB_NAME": "train", "NTASKS": "1", "PROCID": "0", "LOCALID": "0"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    cli = run(monkeypatch, "fit", "--config", config)
    assert cli.trainer.global_step == 4
    root = tmp_path / "runs" / "run" / "slurm-7"
    assert Path(cli.trainer.default_root_dir) == root.relative_to(tmp_path)
    root.mkdir(exist_ok=True)
    another_jobs.rename(root / another_jobs.name)
    with pytest.raises(MisconfigurationException, match="restored a checkpoint with current_epoch=2"):
        run(monkeypatch, "fit", "--config", config)


def test_a_training_goes_on_with_the_run_that_is_open_in_wandb(config, monkeypatch):
    """An agent of W&B, in the same process, has opened the run of its sweep."""
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "disabled")
    opened = wandb.init()
    try:
        run(monkeypatch, "fit", "--config", config, "--wandb", "--trainer.limit_train_batches=1")
        assert wandb.run is opened
        assert "train/loss" in dict(opened.summary)
    finally:
        opened.finish()  # the end of a with block leaves a disabled run open, for the next test to go on with


@pytest.mark.parametrize("precision", ["bf16-true", "bf16-mixed"])
def test_weights_in_half_precision_are_trained(precision, config, monkeypatch):
    duo, mae = "masked_modeling_duo.MaskedModelingDuo", "masked_autoencoder.MaskedAutoencoder"  # the duo refuses it
    Path(config).write_text(Path(config).read_text().replace(duo, mae))
    cli = run(monkeypatch, "fit", "--config", config, f"--trainer.precision={precision}")
    assert cli.trainer.global_step == 4 and cli.trainer.callback_metrics["train/loss"].isfinite()


@pytest.mark.parametrize(("native", "precision"), [(False, "32-true"), (True, "bf16-mixed")])
def test_mixed_precision_is_for_processors_that_have_it(native, precision, config, monkeypatch, capsys):
    """On a CPU with AVX2 alone, a training in bf16-mixed takes six times as long as one in 32 bits."""
    monkeypatch.setattr(command_line, "cpu_has_bf16", lambda: native)
    cli = run(monkeypatch, "fit", "--config", config, "--trainer.precision=bf16-mixed")
    assert cli.trainer.precision == precision
    assert ("trains in 32 bits" in capsys.readouterr().err) == (not native)


def test_the_processor_is_known_to_have_bf16():
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else pytest.skip("no /proc/cpuinfo")
    if "avx512_bf16" in flags or "amx_bf16" in flags:
        assert cpu_has_bf16()
    elif "avx2" in flags and "avx512f" not in flags:
        assert not cpu_has_bf16()
