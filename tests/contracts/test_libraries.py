"""Every public class of lightly, torchaudio, torch-audiomentations, torch.optim and timm, named in a config.

docs/libraries.md lists those that do not fit; all others train.
"""

import importlib
import re
from pathlib import Path

import pytest
import timm
import torch
from pytorch_lightning import Trainer
from torch import nn

from lightning_modules.command_line.parser import HelpfulParser
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.synth_data import SynthDataModule

PAGE = Path("docs/libraries.md").read_text(encoding="utf-8")
NOT_FITTING = set(re.findall(r"^\| `([\w.]+)` \| \w", PAGE, re.MULTILINE))
# Arguments that a class needs, and that no config can leave out.
ARGUMENTS = {
    "torch_audiomentations.Compose": {"transforms": [{"class_path": "torch_audiomentations.Gain"}]},
    "torch_audiomentations.OneOf": {"transforms": [{"class_path": "torch_audiomentations.Gain"}]},
    "torch_audiomentations.SomeOf": {"num_transforms": 1, "transforms": [{"class_path": "torch_audiomentations.Gain"}]},
    "torch_audiomentations.PitchShift": {"sample_rate": 16000},
    "torch_audiomentations.SpliceOut": {"max_width": 40},  # in ms; the sounds here are short
}
# These need recordings on disk, more than one channel, or change a sound's length.
OTHER_SOUNDS = {"AddBackgroundNoise", "ApplyImpulseResponse", "ShuffleChannels"}
SIZES = {name: {"img_size": [64, 32]} for name in ("test_vit3", "test_vit_relpos")}
SIZES |= {name: {"img_size": [64, 64]} for name in ("test_coatnet", "test_maxvit")}


def classes(module, base):
    found = importlib.import_module(module)
    named = {name: getattr(found, name) for name in dir(found) if name[0] != "_"}
    return [f"{module}.{n}" for n, c in named.items() if isinstance(c, type) and issubclass(c, base) and c is not base]


def made(loss="doppelganger.objectives.losses.nt_xent.NTXent", optimizer="torch.optim.SGD", **encoder):
    waveform_augmentation = encoder.pop("waveform_augmentation", None)
    encoder = {"backbone": "test_resnet", "embedding_dim": 8, "window_s": 0.4} | encoder
    objective = {
        "encoder": {"class_path": "doppelganger.encoders.AudioEncoder", "init_args": encoder},
        "loss": {"class_path": loss},
        "waveform_augmentation": waveform_augmentation,
    }
    synth = {"class_path": "synths.Voice", "init_args": {"sample_rate": 16000, "seconds": 0.4, "control_rate": 480.0}}
    data = {"synth": synth, "batch_size": 8, "steps_per_epoch": 2, "n_validation_steps": 1}
    config = {
        "model": {
            "objective": {"class_path": "doppelganger.objectives.contrastive.Contrastive", "init_args": objective},
            "optimizer": {"class_path": optimizer, "init_args": {"lr": 0.1}},
        },
        "data": {"class_path": "lightning_modules.data.PairDataModule", "init_args": data},
    }
    parser = HelpfulParser(exit_on_error=False)
    parser.add_class_arguments(PretrainingModule, "model")
    parser.add_subclass_arguments(SynthDataModule, "data")
    return parser.instantiate_classes(parser.parse_object(config))


@pytest.fixture(scope="module")
def pairs():
    return made().data.stream(torch.arange(8))


def step(module, pairs):
    """One step of plain SGD: the encoder's gradients."""
    module.objective.train()(pairs)["loss"].backward()
    gradients = [p.grad for p in module.encoder.parameters() if p.grad is not None]
    assert gradients and all(gradient.isfinite().all() for gradient in gradients)
    assert any(gradient.any() for gradient in gradients)


def expect(path, train):
    if path not in NOT_FITTING:
        return train()
    with pytest.raises(
        Exception, match=r"[Ee]xpect|not accepted|[Uu]nrecognized|only supports|does not support|required"
    ):
        train()


def test_the_table_names_classes_that_there_are():
    for path in NOT_FITTING:
        module, _, name = path.rpartition(".")
        assert hasattr(pytest.importorskip(module), name), path


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("loss", classes("lightly.loss", nn.Module))
def test_losses_of_lightly(loss, pairs):
    expect(loss, lambda: step(made(loss=loss).model, pairs))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("transform", classes("torchaudio.transforms", nn.Module))
def test_transforms_of_torchaudio(transform, pairs):
    path = "doppelganger.encoders.frontends.TorchaudioTransform"
    frontend = {"class_path": path, "init_args": {"transform": transform}}
    expect(transform, lambda: step(made(frontend=frontend).model, pairs))


@pytest.mark.filterwarnings("ignore")
def test_transforms_of_torch_audiomentations(pairs):
    for transform in classes("torch_audiomentations", nn.Module):
        if transform.rpartition(".")[2] in OTHER_SOUNDS:
            continue
        options = {"class_path": transform, "init_args": ARGUMENTS.get(transform, {})}
        path = "doppelganger.augmentations.TorchAudiomentation"
        step(made(waveform_augmentation={"class_path": path, "init_args": {"transform": options}}).model, pairs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("backbone", timm.list_models("test_*"))
def test_backbones_of_timm(backbone, pairs):
    if backbone in SIZES and backbone.startswith("test_vit"):
        with pytest.raises(ValueError, match=r"expected backbone_options: \{img_size: \[64, \d+\]\}"):
            step(made(backbone=backbone).model, pairs)
    if backbone in ("test_coatnet", "test_maxvit"):
        pytest.skip("their windows need a spectrogram of a multiple of their size")
    step(made(backbone=backbone, backbone_options=SIZES.get(backbone, {})).model, pairs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "optimizer",
    [path for module in ("torch.optim", "timm.optim") for path in classes(module, torch.optim.Optimizer)],
)
def test_optimizers_of_torch_and_timm(optimizer):
    def fit():
        made_of = made(optimizer=optimizer)
        before = [p.clone() for p in made_of.model.encoder.parameters()]
        quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
        trainer = Trainer(accelerator="cpu", max_steps=2, limit_val_batches=0, **quiet)
        trainer.fit(made_of.model, datamodule=made_of.data)
        after = list(made_of.model.encoder.parameters())
        assert trainer.global_step == 2 and all(weight.isfinite().all() for weight in after)
        moved = any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
        assert moved or optimizer == "torch.optim.ASGD"

    expect(optimizer, fit)
