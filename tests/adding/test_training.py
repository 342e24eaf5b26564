"""docs/adding.md, followed: what trains an encoder."""

import sys

import pytest
import torch

from doppelganger import AudioEncoder, load_encoder
from doppelganger.checkpoints import load_objective
from lightning_modules.command_line.cli import TrainingCLI
from tests.adding.page import ROOT, commands, save

QUIET = [f"--trainer.{setting}" for setting in ("accelerator=cpu", "logger=false", "enable_progress_bar=false")]


def test_a_loss(package):
    from my_sounds.alignment import Alignment  # pyright: ignore[reportMissingImports]

    a, b = torch.randn(5, 3, requires_grad=True), torch.randn(5, 3)
    loss = Alignment()(a, b)["loss"]
    expected = sum(2 - 2 * float(torch.cosine_similarity(x, y, dim=0)) for x, y in zip(a.detach(), b, strict=True)) / 5
    assert loss.item() == pytest.approx(expected, abs=1e-5)
    loss.backward()
    assert a.grad is not None and a.grad.abs().max() > 0


def test_a_loss_is_trained_by_its_class_path(package):
    from my_sounds.alignment import Alignment  # pyright: ignore[reportMissingImports]

    files = [f"--config={ROOT / 'configs' / 'doppelganger' / 'voice.yaml'}", "--config=alignment.yaml"]
    encoder = "--model.init_args.objective.init_args.encoder.init_args"
    small = [f"{encoder}.backbone=test_resnet", f"{encoder}.backbone_options={{}}", "--trainer.callbacks=null"]
    few = ["batch_size=4", "steps_per_epoch=2", "n_validation_steps=1", "compile=false"]
    data = [f"--data.init_args.{setting}" for setting in few]
    once = ["--trainer.max_epochs=1", "--trainer.check_val_every_n_epoch=1"]
    cli = TrainingCLI(args=["fit", *files, *QUIET, *small, *data, *once])
    objective, pairs = cli.model.objective.eval(), cli.datamodule.stream(torch.arange(4))
    assert type(objective.loss) is Alignment and cli.trainer.global_step == 2
    a, b = objective.encoder(pairs.a), objective.encoder(pairs.b)
    expected = (2 - 2 * torch.cosine_similarity(a, b)).mean()
    torch.testing.assert_close(objective(pairs)["loss"], expected, rtol=1e-4, atol=1e-5)
    assert 0 <= cli.trainer.callback_metrics["val/loss"] <= 4
    cli.trainer.save_checkpoint("alignment.ckpt")
    loaded = load_objective("alignment.ckpt", loss=Alignment())
    torch.testing.assert_close(loaded(pairs)["loss"], objective(pairs)["loss"], rtol=0, atol=0)
    with pytest.raises(ValueError, match=r"load_objective\(path, loss=\.\.\.\)"):
        load_objective("alignment.ckpt")


def test_an_objective(package):
    """Trained, logged and loaded again by its class path."""
    cli = TrainingCLI(args=["fit", "--config=level_regression.yaml", "--trainer.max_epochs=1", *QUIET])
    assert "val/absolute_error" in cli.trainer.callback_metrics
    cli.trainer.save_checkpoint("level.ckpt")
    objective = load_objective("level.ckpt")
    sounds = cli.datamodule.stream(torch.arange(4))
    assert type(objective).__name__ == "LevelRegression"
    assert torch.equal(objective(sounds)["loss"], cli.model.objective.eval()(sounds)["loss"])


def test_an_augmentation(package):
    from my_sounds.random_level import RandomLevel  # pyright: ignore[reportMissingImports]

    picture, index, level = torch.randn(64, 1, 8, 9), torch.arange(64), RandomLevel(0.5)
    shift = (level(picture, index, "a") - picture).flatten(1)
    assert shift.std(dim=1).max() < 1e-6 and shift.mean(dim=1).std() > 0.2 and 0.45 < shift.abs().max() <= 0.5 + 1e-6
    torch.testing.assert_close(level(picture[9:10], index[9:10], "a")[0], level(picture, index, "a")[9])
    assert not torch.equal(level(picture, index, "b"), level(picture, index, "a"))


def test_a_front_end(package, run, capsys):
    from my_sounds.log_spectrum import LogSpectrum  # pyright: ignore[reportMissingImports]

    encoder = AudioEncoder("test_resnet", embedding_dim=8, frontend=LogSpectrum(n_frame=400), window_s=0.5).eval()
    save(encoder, package / "FRONTEND")
    waveform = torch.randn(2, 8000)
    torch.testing.assert_close(load_encoder("FRONTEND")(waveform), encoder(waveform))
    del sys.modules["my_sounds.log_spectrum"]
    with pytest.raises(ValueError, match=r"import my_sounds\.log_spectrum before"):
        load_encoder("FRONTEND")
    (command,) = commands("A front end")
    with pytest.raises(SystemExit):
        run(command.replace("--import my_sounds.log_spectrum", ""))
    assert "--import my_sounds.log_spectrum" in capsys.readouterr().err
    run(command)
    torch.testing.assert_close(load_encoder("again")(waveform), encoder(waveform))


def test_a_config(package, monkeypatch):
    files = [str(ROOT / "configs" / "doppelganger" / "voice.yaml"), str(package / "my_sounds.yaml")]
    arguments = [f"--config={file}" for file in files]
    eager = ["--trainer.logger=false", "--data.init_args.compile=false", "--trainer.accelerator=cpu"]
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments, *eager])
    data = TrainingCLI(run=False).datamodule
    assert type(data.synth).__name__ == "Whistle" and data.synth.sample_rate == 16000
    assert type(data.stream.perturbation).__name__ == "OneUnit" and data.stream.perturbation.unit == "semitone"


def test_an_encoder_to_train(package):
    """Trained and loaded again; its embedding is that of a loop over frames."""
    files = ["--config=level_regression.yaml", "--config=rectified.yaml"]
    cli = TrainingCLI(args=["fit", *files, "--trainer.max_epochs=1", *QUIET])
    cli.trainer.save_checkpoint("rectified.ckpt")
    encoder, sound = load_encoder("rectified.ckpt"), torch.randn(2, 6400)
    weight, bias = encoder.filters.weight[:, 0], encoder.filters.bias
    frames = [(sound[:, start : start + 160] @ weight.T + bias).clamp_min(0) for start in range(0, 6400 - 159, 80)]
    torch.testing.assert_close(encoder(sound), sum(frames) / len(frames), rtol=1e-4, atol=1e-5)
    del sys.modules["my_sounds.rectified"]
    (package / "on.yaml").write_text("""
        model: {init_args: {objective: {init_args: {encoder: {
          class_path: doppelganger.load_encoder, init_args: {path: rectified.ckpt}}}}}}
    """)
    on = ["fit", files[0], "--config=on.yaml", "--import=my_sounds.rectified", "--trainer.max_epochs=0", *QUIET]
    assert torch.equal(TrainingCLI(args=on).model.encoder.filters.weight[:, 0], weight)
    assert encoder.embedding_dim == 32 and not torch.equal(weight, encoder.untrained().filters.weight[:, 0])
