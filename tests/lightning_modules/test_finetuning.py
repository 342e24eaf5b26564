"""Fine-tuning: all weights learn, deeper layers slower, on augmented spectrograms."""

import shutil
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import EMAWeightAveraging, ModelCheckpoint

from doppelganger import AudioEncoder, load_encoder
from doppelganger.augmentations import Chain, Gain, LogMixup, RandomFader, RandomResizeCrop, SpecAugment
from doppelganger.augmentations.cutmix import cutmix
from doppelganger.augmentations.mixup import mixup
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.classifier import Classifier
from doppelganger.evaluation.baselines import LogMelStatistics
from doppelganger.evaluation.targets import targets_of
from doppelganger.objectives.batch_norm import CrossRankBatchNorm
from lightning_modules.command_line.cli import TrainingCLI
from lightning_modules.finetuning import FineTuneModule
from lightning_modules.passes import Passes
from lightning_modules.recordings import RecordingsDataModule
from tests.checkpoint_files import save
from tests.lightning_modules.test_resume import equal
from tests.lightning_modules.test_train import ROOT


class Drop(torch.nn.Module):
    """An augmentation of another library, which takes spectrograms alone."""

    def forward(self, spectrogram):
        return torch.nn.functional.dropout(spectrogram)


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*number of training batches")
def test_all_of_an_encoder_in_evaluation_mode_is_trained(tones):
    encoder = AudioEncoder("test_resnet", embedding_dim=8, window_s=0.5).eval()
    module = FineTuneModule(encoder, partial(torch.optim.AdamW, lr=0.01, weight_decay=0.05))
    modes = []
    encoder.backbone.register_forward_pre_hook(lambda backbone, _: modes.append(backbone.training))
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = Trainer(max_epochs=2, accelerator="cpu", num_sanity_val_steps=0, limit_train_batches=1, **quiet)
    trainer.fit(module, RecordingsDataModule("pack", str(tones), seconds=0.5, batch_size=8, n_workers=0))
    assert modes == [True, False, True, False]  # a batch, a validation, and again


class Losses(Callback):
    """The loss of every step, by the number of batches before it, and the scores of every validation."""

    def __init__(self):
        self.of_step: dict[int, float] = {}
        self.scores: dict[int, float] = {}

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.of_step[trainer.fit_loop.total_batch_idx] = float(outputs["loss"])

    def on_validation_end(self, trainer, pl_module):
        self.scores[trainer.global_step] = float(trainer.callback_metrics["val/score"])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("stop", "settings"),
    [("step=2", {"accumulate_grad_batches": 2, "val_check_interval": 2}), ("step=7", {"limit_train_batches": 4})],
    ids=["accumulated, validated within an epoch", "cut short"],
)
def test_a_resumed_fine_tuning_ends_as_if_never_stopped(stop, settings, tones, tmp_path):
    """With other workers, too. The clips are longer than the crops; drop-out, masks and mixtures are drawn."""

    def run(seed: int, n_workers: int, ckpt_path=None) -> tuple[Losses, dict]:
        torch.manual_seed(seed)
        encoder = AudioEncoder("test_resnet", 8, window_s=0.4, backbone_options={"drop_rate": 0.3})
        mixtures = {"mixup_alpha": 0.5, "cutmix_alpha": 0.5, "augmentation": Chain([LogMixup(), SpecAugment()])}
        module = FineTuneModule(encoder, partial(torch.optim.AdamW, lr=0.01), **mixtures)
        data = RecordingsDataModule("pack", str(tones), seconds=0.4, batch_size=4, n_workers=n_workers)
        losses, steps = Losses(), ModelCheckpoint(tmp_path, f"{seed}-{{step}}", every_n_train_steps=1, save_top_k=-1)
        callbacks = [losses, steps, EMAWeightAveraging(decay=0.5)]
        quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
        trainer = Trainer(
            max_epochs=2, accelerator="cpu", num_sanity_val_steps=0, callbacks=callbacks, **quiet, **settings
        )
        trainer.fit(module, data, ckpt_path=ckpt_path)
        trainer.save_checkpoint(tmp_path / "end")
        return losses, torch.load(tmp_path / "end", weights_only=True)

    whole, end = run(0, n_workers=0)
    file = tmp_path / f"0-{stop}.ckpt"
    n_before = torch.load(file)["loops"]["fit_loop"]["epoch_loop.batch_progress"]["total"]["ready"]
    resumed, resumed_end = run(1, n_workers=2, ckpt_path=file)
    assert resumed.of_step == {step: loss for step, loss in whole.of_step.items() if step >= n_before}
    assert resumed.scores == {step: score for step, score in whole.scores.items() if step in resumed.scores}
    for name in ("state_dict", "current_model_state", "optimizer_states", "lr_schedulers", "RecordingsDataModule"):
        assert equal(resumed_end[name], end[name]), name


def test_each_pass_deals_every_clip_once_in_an_order_of_its_own():
    def dealt(rank: int, first: int) -> list[int]:
        return list(Passes(range(22), 3, n_ranks=2, rank=rank, seed=5, first=lambda: first))

    passes = [[dealt(rank, 18 * number) for rank in (0, 1)] for number in (0, 1)]
    for number, (a, b) in enumerate(passes):
        clips = [each - 22 * number for each in a + b]
        assert len(a) == len(b) == 9 and len(set(clips)) == 18 and set(clips) <= set(range(22))
    assert [each % 22 for each in passes[0][0]] != [each % 22 for each in passes[1][0]]
    for rank in (0, 1):  # from the third batch on, and on through the next pass
        assert dealt(rank, 2 * 2 * 3) == passes[0][rank][6:] + passes[1][rank][:6]
    assert sorted(Passes(range(5), 8, 1, 0, 0, lambda: 0)) == [0, 1, 2, 3, 4]


def test_a_config_names_a_trained_encoder(tmp_path):
    encoder = AudioEncoder("test_resnet", embedding_dim=8)
    save(tmp_path / "a.ckpt", encoder)
    path = f"--model.init_args.encoder.init_args.path={tmp_path / 'a.ckpt'}"
    settings = ["--trainer.logger=false", "--trainer.accelerator=cpu"]
    config = str(ROOT / "configs/finetune/esc50.yaml")
    cli = TrainingCLI(args=["--config", config, path, *settings], run=False)
    weights = cli.model.encoder.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in encoder.state_dict().items())


def test_an_encoder_without_a_front_end_is_refused():
    with pytest.raises(ValueError, match=r"^encoder: expected an AudioEncoder, .*; got LogMelStatistics"):
        FineTuneModule(LogMelStatistics(16000, 0.5), torch.optim.AdamW)


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*number of training batches")
def test_a_convolutional_encoder_learns_tones(tones):
    encoder = ConvolutionalEncoder(dim=None, window_s=0.5, channels=8)
    module = FineTuneModule(encoder, partial(torch.optim.AdamW, lr=0.01), layer_decay=0.5)
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = Trainer(max_epochs=5, accelerator="cpu", num_sanity_val_steps=0, enable_model_summary=False, **quiet)
    data = RecordingsDataModule("pack", str(tones), seconds=0.5, batch_size=8, n_workers=0)
    first = encoder.features[0].weight.detach().clone()
    trainer.fit(module, data)
    trainer.test(module, data, verbose=False)
    assert trainer.callback_metrics["test/score"] > 0.9  # by chance, a third
    assert not torch.equal(encoder.features[0].weight, first)


@pytest.mark.parametrize("precision", ["bf16-true", "16-true"])
def test_recordings_that_are_rounded_to_half_precision_are_refused(precision, tones):
    module = FineTuneModule(ConvolutionalEncoder(dim=None, window_s=0.5, channels=8), torch.optim.AdamW)
    trainer = Trainer(max_epochs=1, accelerator="cpu", precision=precision, logger=False, enable_checkpointing=False)
    data = RecordingsDataModule("pack", str(tones), seconds=0.5, batch_size=8, n_workers=0)
    with pytest.raises(ValueError, match=rf"^trainer\.precision: expected 32-true, .*; got {precision}, in which"):
        trainer.fit(module, data)


def test_label_smoothing_is_refused_for_several_classes_a_clip(tones, tmp_path):
    """It would have no effect on their loss, binary cross-entropy."""
    (tmp_path / "audio").symlink_to(tones / "audio")
    table = (tones / "labels.csv").read_text()
    (tmp_path / "labels.csv").write_text(table.replace("file,label,fold", "file,labels,fold"))
    encoder = ConvolutionalEncoder(dim=None, window_s=0.5, channels=8)
    module = FineTuneModule(encoder, torch.optim.AdamW, label_smoothing=0.1)
    trainer = Trainer(max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False)
    data = RecordingsDataModule("pack", str(tmp_path), seconds=0.5, batch_size=8, n_workers=0)
    with pytest.raises(ValueError, match=r"^label_smoothing: expected 0 for clips of several classes, .*; got 0\.1"):
        trainer.fit(module, data)


def test_batch_norm_of_several_devices_takes_the_moments_of_all():
    module = FineTuneModule(ConvolutionalEncoder(dim=None, channels=8), torch.optim.AdamW)
    data = SimpleNamespace(targets=targets_of(["a", "b"]))
    module.trainer = SimpleNamespace(world_size=2, datamodule=data, precision="32-true")
    module.setup("fit")
    norms = [child for child in module.modules() if isinstance(child, torch.nn.modules.batchnorm._BatchNorm)]
    assert norms and {type(norm) for norm in norms} == {CrossRankBatchNorm}


def test_a_block_of_convolutions_is_a_layer():
    classifier = Classifier(ConvolutionalEncoder(dim=16, channels=8, depth=2, pooling=["attention"]), n_classes=3)
    groups = classifier.parameter_groups(weight_decay=0.05, layer_decay=0.5)
    assert sum(len(group["params"]) for group in groups) == len(list(classifier.parameters()))
    scale = {id(p): group["lr_scale"] for group in groups for p in group["params"]}
    convolutions = [layer for layer in classifier.encoder.features if isinstance(layer, torch.nn.Conv2d)]
    assert [scale[id(each.weight)] for each in convolutions] == [1 / 32, 1 / 32, 1 / 16, 1 / 16, 1 / 8, 1 / 8]
    assert (scale[id(classifier.encoder.fc[0].weight)], scale[id(classifier.head.weight)]) == (1 / 4, 1)


def test_training_starts_from_a_trained_encoder(tmp_path):
    encoder = AudioEncoder("test_resnet", embedding_dim=8)
    save(tmp_path / "a.ckpt", encoder)
    started = load_encoder(tmp_path / "a.ckpt", {"backbone_options": {"drop_path_rate": 0.1}})
    assert started.arguments["backbone_options"] == {"drop_path_rate": 0.1}
    assert all(torch.equal(value, started.state_dict()[name]) for name, value in encoder.state_dict().items())


def test_the_deeper_a_layer_the_smaller_its_rate():
    classifier = Classifier(AudioEncoder("test_resnet", embedding_dim=8), n_classes=3)
    groups = classifier.parameter_groups(weight_decay=0.05, layer_decay=0.5)
    assert sum(len(group["params"]) for group in groups) == len(list(classifier.parameters()))
    scale = {id(p): group["lr_scale"] for group in groups for p in group["params"]}
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    stem = next(classifier.encoder.backbone.parameters())
    assert scale[id(stem)] < scale[id(classifier.encoder.backbone.fc.weight)] <= scale[id(classifier.head.weight)] == 1
    assert decay[id(classifier.encoder.backbone.fc.bias)] == 0 < decay[id(classifier.head.weight)]


def test_mixup_mixes_spectrograms_and_targets_alike():
    torch.manual_seed(0)
    target = torch.eye(8)
    picture = target[:, None, :, None] * 10
    mixed, mixed_target = mixup(picture, target, alpha=0.8)
    torch.testing.assert_close(mixed[:, 0, :, 0], 10 * mixed_target)
    torch.testing.assert_close(mixed_target.sum(dim=1), torch.ones(8))
    assert mixed_target.amax(dim=1).lt(1).any()


def test_cutmix_replaces_a_rectangle_and_as_much_of_the_target():
    torch.manual_seed(0)
    target = torch.eye(8)
    picture = torch.arange(8.0)[:, None, None, None].expand(-1, 1, 32, 48)
    shares = []
    for _ in range(20):
        mixed, mixed_target = cutmix(picture, target, alpha=1.0)
        for one, targets in zip(mixed[:, 0], mixed_target, strict=True):
            area = torch.bincount(one.long().flatten(), minlength=8) / one.numel()
            torch.testing.assert_close(area, targets)
        inside = mixed[0, 0] != 0
        rectangle = inside.any(dim=1).sum() * inside.any(dim=0).sum()
        assert inside.sum() == rectangle
        shares.append(float(inside.float().mean()))
    assert 0.1 < sum(shares) / 20 < 0.6


def test_the_rectangle_of_cutmix_has_the_area_that_is_drawn(monkeypatch):
    monkeypatch.setattr(torch.distributions.Beta, "sample", lambda self: torch.tensor(0.75))  # the share that is kept
    torch.manual_seed(0)
    areas = [cutmix(torch.zeros(2, 1, 32, 48), torch.eye(2), alpha=1.0)[1].amin(dim=1).max() for _ in range(200)]
    # Those that lie wholly inside and are not pasted into the clip that they come from.
    assert max(areas) == pytest.approx(0.25)


def test_spec_augment_masks_bands_and_frames_with_the_mean():
    torch.manual_seed(0)
    picture = torch.randn(4, 1, 64, 96)
    hidden = SpecAugment(n_bands=12, n_frames=20)(picture, torch.arange(4))
    changed = (hidden - picture).abs() > 1e-6
    for one, was, now in zip(changed[:, 0], picture[:, 0], hidden[:, 0], strict=True):
        bands, frames = one.all(dim=1).sum(), one.all(dim=0).sum()
        assert bands <= 12 and frames <= 20
        torch.testing.assert_close(now[one], was.mean().expand(int(one.sum())))


@pytest.mark.parametrize(
    "augmentation", [SpecAugment(), LogMixup(), RandomResizeCrop(), Chain([RandomFader()]), Drop()]
)
def test_every_step_augments_a_clip_anew(augmentation):
    module = FineTuneModule(AudioEncoder("test_resnet"), torch.optim.AdamW, augmentation=augmentation)
    spectrogram = torch.randn(4, 1, 64, 96)
    torch.manual_seed(0)
    first, second = module._augmented(spectrogram), module._augmented(spectrogram)
    torch.manual_seed(0)
    assert torch.equal(module._augmented(spectrogram), first)
    assert not torch.equal(first, spectrogram) and not torch.equal(first, second)


def test_an_augmentation_of_waveforms_is_refused():
    with pytest.raises(ValueError, match=r"^augmentation: expected one of spectrograms, .*; got Chain, of waveforms$"):
        FineTuneModule(AudioEncoder("test_resnet"), torch.optim.AdamW, augmentation=Chain([Gain()]))


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*number of training batches")
def test_clips_that_cannot_be_read_are_named_and_left_out(tones, tmp_path):
    folder = shutil.copytree(tones, tmp_path / "tones")
    for number in (0, 3, 30, 59):
        (folder / "audio" / f"{number}.wav").write_bytes(b"RIFF, but no more")
    encoder = AudioEncoder("test_resnet", embedding_dim=8, window_s=0.5).eval()
    module = FineTuneModule(encoder, partial(torch.optim.AdamW, lr=0.01, weight_decay=0.05))
    data = RecordingsDataModule("pack", str(folder), seconds=0.5, batch_size=1, n_workers=0)
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = Trainer(max_epochs=1, accelerator="cpu", num_sanity_val_steps=0, enable_model_summary=False, **quiet)
    data.trainer = trainer
    trainer.strategy._lightning_module = module
    data.setup("fit")
    train, test = data.train_dataloader().dataset, data.test_dataloader()
    with pytest.warns(UserWarning, match=r"skipped audio/(0|3|30|59)\.wav: not a readable sound file") as named:
        items = [train[i] for i in range(len(train))]
        tested = [len(waveform) for waveform, _ in test]
    assert all(item is not None for item in items) and len(items) == len(data.split.fit)
    assert tested.count(0) == len({0, 3, 30, 59} & set(data.split.test.tolist())) > 0
    assert len({str(each.message) for each in named}) == len(named)
    assert sum(tested) == len(data.split.test) - tested.count(0)
    module._score((torch.zeros(0, 8000), torch.zeros(0, 3)))  # a batch of clips that cannot be read
    assert not module.scored
