"""Mistakes of a user end a training in one line; mistakes of the program in a traceback."""

import sys

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from lightning_modules import training_command
from lightning_modules.command_line import cli
from lightning_modules.command_line.errors import one_line
from tests.lightning_modules.test_cli import run

pytestmark = pytest.mark.filterwarnings("ignore")


def said(monkeypatch, capsys, *arguments: str) -> list[str]:
    """The last lines on stderr of a command that fails."""
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    with pytest.raises(SystemExit) as end:
        training_command.main()
    assert end.value.code == 2
    return capsys.readouterr().err.splitlines()


def test_a_users_mistake_is_one_line_and_verbose_shows_where(config, monkeypatch, capsys):
    wrong = ["fit", "--config", config, "--model.init_args.optimizer.init_args.lr=-1"]
    assert said(monkeypatch, capsys, *wrong)[-1] == "train.py: Invalid learning rate: -1.0 (--verbose shows where)"
    monkeypatch.setattr(sys, "argv", ["train.py", *wrong, "--verbose"])
    with pytest.raises(ValueError, match="Invalid learning rate"):
        training_command.main()


def test_the_reason_is_that_of_the_class_and_not_of_its_alternatives(config, monkeypatch, capsys):
    line = said(
        monkeypatch, capsys, "fit", "--config", config, "--data.init_args.steps_per_epoch=4", "--data.render_ahead=0"
    )
    assert line[-1] == "train.py: render_ahead: expected at least 1; got 0 (--verbose shows where)"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--trainer.max_time=00:00:1:40", "Expected a string in the format DD:HH:MM:SS. (--verbose shows where)"),
        ("--trainer.limit_train_batches=2.5", "it has to be in [0.0, 1.0] or an int. (--verbose shows where)"),
    ],
)
def test_what_the_trainer_refuses_is_one_line(argument, message, config, monkeypatch, capsys):
    assert said(monkeypatch, capsys, "fit", "--config", config, argument)[-1].endswith(message)


@pytest.mark.parametrize("accelerator", ["gpu", "cuda"])
def test_a_gpu_that_is_not_there_is_named(accelerator, config, monkeypatch, capsys):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    lines = said(monkeypatch, capsys, "fit", "--config", config, "--trainer.accelerator", accelerator)
    said_here = " ".join(lines)
    assert "--trainer.accelerator: expected auto or cpu, since torch sees no GPU here" in said_here
    assert f"got {accelerator}" in said_here and "Traceback" not in said_here


class Unreadable(Dataset):
    def __len__(self) -> int:
        return 1

    def __getitem__(self, item: int):
        raise ValueError("a.wav: expected a sound file")


def test_an_error_in_a_worker_of_a_data_loader_is_without_its_traceback():
    with pytest.raises(ValueError, match="Traceback") as caught:
        next(iter(DataLoader(Unreadable(), num_workers=1, multiprocessing_context="fork")))
    assert one_line(caught.value) == "a.wav: expected a sound file (--verbose shows where)"


def test_a_mistake_of_the_program_keeps_its_traceback(monkeypatch):
    def broken():
        raise KeyError("ours")

    monkeypatch.setattr(cli, "TrainingCLI", broken)
    monkeypatch.setattr(sys, "argv", ["doppelganger-train", "fit"])
    with pytest.raises(KeyError):
        training_command.main()


def test_ctrl_c_is_one_line(monkeypatch, capsys):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "TrainingCLI", stopped)
    monkeypatch.setattr(sys, "argv", ["doppelganger-train", "fit"])
    with pytest.raises(SystemExit) as stop:
        training_command.main()
    assert stop.value.code == 130 and capsys.readouterr().err == "stopped\n"


def test_files_that_are_no_checkpoint_of_this_network_are_named(config, monkeypatch, capsys, tmp_path):
    (tmp_path / "a.ckpt").write_text("hello")
    trained = run(monkeypatch, "fit", "--config", config).trainer.checkpoint_callback.best_model_path
    content = torch.load(trained, weights_only=True)
    name = next(iter(content["state_dict"]))
    content["state_dict"][name] = content["state_dict"][name][:-1]
    torch.save(content, tmp_path / "other.ckpt")
    for path, message in (
        ("gone.ckpt", "Checkpoint file not found: gone.ckpt"),
        ("a.ckpt", "--ckpt_path: a.ckpt: expected a whole checkpoint of tensors and plain data; "),
        ("other.ckpt", "Error(s) in loading state_dict for PretrainingModule"),
    ):
        line = said(monkeypatch, capsys, "fit", "--config", config, "--ckpt_path", path)[-1]
        assert line.startswith(f"train.py: {message}") and line.endswith("(--verbose shows where)")
