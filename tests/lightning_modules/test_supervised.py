"""Training on labels: heads in time for the optimizer, checkpoints that come back, studies that build."""

import json
from functools import partial
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Trainer

import synths
from doppelganger import AudioEncoder, load_encoder
from doppelganger.checkpoints import load_objective
from doppelganger.labels.captions.tokenizer import Tokenizer
from doppelganger.labels.labels import Events, Fact, Labels, Tag
from doppelganger.objectives.fact_regression import FactRegression
from doppelganger.objectives.multi_task import MultiTask
from lightning_modules.command_line.cli import TrainingCLI
from lightning_modules.configuration.sub_configs import with_sub_configs
from lightning_modules.data import LabelledDataModule, SoundDataModule
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.studies.study_file import read_study

ROOT = Path(__file__).parents[2]
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*num_workers")


class Pitches:
    """A labeller of pitch alone."""

    facts = (Fact("midi", "semitone", 1.0, False, "pitch"),)
    sources = ("tone",)
    tokenizer = Tokenizer(("low", "high"))

    def __init__(self, words=("low", "high")):
        self.tags = tuple(Tag(word, "trait") for word in words)

    def __call__(self, index, theta, sound):
        height = theta[:, 0]
        high = (height > 0.5).long()
        once = torch.ones_like(high)
        tags = (torch.stack([1 - high, high], dim=1) > 0)[:, : len(self.tags)]
        time = torch.zeros_like(height)[:, None]
        caption = torch.stack([once, 4 + high, 2 * once], dim=1)
        events = Events(time, time + 1, time.long(), time == 0)
        return Labels(height[:, None], events, lambda: tags, lambda: caption)


def data(labeller=None, batch_size: int = 8) -> LabelledDataModule:
    synth = synths.find("voice")(sample_rate=16000, seconds=0.4, control_rate=480)
    made = LabelledDataModule(synth, batch_size=batch_size, steps_per_epoch=2, n_validation_steps=1)
    made.stream.labeller = labeller or Pitches()
    return made


def module(objective=MultiTask, **options) -> PretrainingModule:
    torch.manual_seed(0)
    encoder = AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options={"depth": 1, "patch_size": [16, 8]})
    return PretrainingModule(objective(encoder, **options), partial(torch.optim.AdamW, lr=0.1, weight_decay=0.05))


def test_the_optimizer_has_the_heads_and_norms_and_biases_do_not_decay():
    trainer = Trainer(max_epochs=1, limit_train_batches=0, **QUIET)
    trainer.fit(training := module(), data())
    decayed, free = training.optimizers().param_groups
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.05, 0.0)
    assert decayed["initial_lr"] == free["initial_lr"] == pytest.approx(0.1 * 8 / 256)
    learned = {id(p) for group in (decayed, free) for p in group["params"]}
    assert learned == {id(p) for p in training.parameters()} and id(training.objective.head.weight) in learned
    assert {p.ndim for p in free["params"]} == {1}


def test_a_checkpoint_gives_back_encoder_and_objective_and_goes_on(tmp_path):
    settings = {"default_root_dir": tmp_path, **QUIET}
    trainer = Trainer(max_epochs=1, **settings)
    trainer.fit(training := module(FactRegression), data())
    trainer.test(training, data(), verbose=False)  # finds the heads it has
    trainer.save_checkpoint(path := tmp_path / "a.ckpt")
    sound, labelled = torch.randn(2, 6400), data().stream(torch.arange(4))
    torch.testing.assert_close(load_encoder(path)(sound), training.encoder.eval()(sound))
    with torch.no_grad():
        expected = training.objective.eval()(labelled)["loss"]
        torch.testing.assert_close(load_objective(path)(labelled)["loss"], expected)

    Trainer(max_epochs=2, **settings).fit(again := module(FactRegression), data(), ckpt_path=path)
    assert again.objective.moments[0].tolist() == [4 * 8.0]
    with pytest.raises(ValueError, match=r"other tags: 1 here, 2 there"):
        Trainer(max_epochs=2, **settings).fit(module(FactRegression), data(Pitches(("low",))), ckpt_path=path)


def test_sounds_without_labels_are_refused():
    synth = synths.find("voice")(sample_rate=16000, seconds=0.4, control_rate=480)
    with pytest.raises(ValueError, match=r"expected a LabelledStream \(a LabelledDataModule\); got SoundStream"):
        Trainer(max_epochs=1, **QUIET).fit(module(), SoundDataModule(synth, batch_size=4))


def study(name: str) -> dict:
    return read_study(ROOT / "configs" / "studies" / f"{name}.yaml")


# One row of each kind; what the others name is built by the tests of configs.
@pytest.mark.parametrize(
    "name, row",
    [
        ("objectives", "two views (SimCLR)"),
        ("objectives", "masked autoencoder"),
        ("objectives", "event detection"),
        ("vocabulary", "best 100 tags"),
        ("coverage", "one voice"),
        ("coverage", "eight voices"),
        ("coverage", "voices, scenes, procedural sounds"),
    ],
)
def test_a_row_of_a_study_builds_what_it_says(name, row):
    found = study(name)
    given = dict(found["rows"][row])
    config = given.pop("config", found["config"])
    arguments = [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in given.items()]
    cli = TrainingCLI(args=["--config", str(config), "--trainer.logger=false", *arguments], run=False)
    synth = with_sub_configs(given["data.init_args.synth"])
    assert f"synths.{type(cli.datamodule.synth).__name__}" == synth["class_path"]
    if synth["class_path"] == "synths.SynthBank":
        bank = cli.datamodule.synth
        assert list(bank.synths) == list(synth["init_args"]["synths"])
        assert set(bank.choice(bank.sample(torch.arange(500))).tolist()) == set(range(len(bank.synths)))
    assert cli.datamodule.batch_size == 64 and cli.datamodule.steps_per_epoch == 300


def test_every_objective_has_the_same_encoder_sounds_and_steps():
    found = study("objectives")
    assert list(found["rows"]) == [
        "two views (SimCLR)",
        "masked autoencoder",
        "tags (MTC)",
        "caption words in parallel (PAR)",
        "sounds and captions, contrastive",
        "captioning",
        "tags and captions",
        "audible facts",
        "event detection",
    ]
    first, *others = ({k: v for k, v in row.items() if k != "config"} for row in found["rows"].values())
    assert all(other == first for other in others)
    first, *others = (encoder_of(row["config"]) for row in found["rows"].values())
    assert all(other == first for other in others)


def encoder_of(config: str) -> dict:
    return with_sub_configs(config)["model"]["init_args"]["objective"]["init_args"]["encoder"]
