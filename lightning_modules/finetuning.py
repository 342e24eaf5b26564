"""Fine-tuning on labelled recordings."""

from functools import partial
from typing import Any, cast

import numpy as np
import torch
from pytorch_lightning.cli import OptimizerCallable
from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation
from doppelganger.augmentations.cutmix import cutmix
from doppelganger.augmentations.mixup import mixup
from doppelganger.encoders import Encoder
from doppelganger.encoders.classifier import Classifier
from doppelganger.encoders.encoder import SpectrogramEncoder
from doppelganger.evaluation.targets import Numbers, OneClass
from doppelganger.objectives.batch_norm import across_ranks
from doppelganger.objectives.ranks import averaged
from lightning_modules.accelerators import require_whole_recordings
from lightning_modules.recordings import RecordingsDataModule
from lightning_modules.schedules import Cosine, Schedule
from lightning_modules.seeded import SeededModule


class FineTuneModule(SeededModule):
    """Fine-tunes an encoder with a linear classifier on labelled recordings.

    Args:
        encoder: `doppelganger.load_encoder` for a trained one, a class of `doppelganger.encoders` for random weights.
        optimizer: its `lr` is the head's; below it shrinks with `layer_decay`.
        schedule: learning-rate factor over the training; None for `Cosine`.
        augmentation: of spectrograms in training; a module that is no `Augmentation` takes spectrograms alone.
        layer_decay: learning-rate factor from one layer to the one below.
        mixup_alpha: see `doppelganger.augmentations.mixup`; 0 for none.
        cutmix_alpha: see `doppelganger.augmentations.cutmix`; 0 for none. With both, each step draws one of them.
        label_smoothing: probability that is spread over all classes, where a clip has one class.

    Raises:
        ValueError: an encoder without a front end of ours, an augmentation of waveforms, numbers in place of classes,
            or `label_smoothing` for clips of several classes.
    """

    def __init__(
        self,
        encoder: Encoder,
        optimizer: OptimizerCallable,
        schedule: Schedule | None = None,  # not Cosine(): a config's Steps would inherit its warmup
        augmentation: nn.Module | None = None,
        layer_decay: float = 1.0,
        mixup_alpha: float = 0.0,
        cutmix_alpha: float = 0.0,
        label_smoothing: float = 0.0,
    ):
        super().__init__()
        if not isinstance(encoder, SpectrogramEncoder):
            raise ValueError(
                "encoder: expected an AudioEncoder, a ConvolutionalEncoder or another SpectrogramEncoder, which is "
                f"fine-tuned layer by layer; got {type(encoder).__name__}"
            )
        if isinstance(augmentation, Augmentation) and augmentation.domain != "spectrogram":
            raise ValueError(
                "augmentation: expected one of spectrograms, such as doppelganger.augmentations.SpecAugment; got "
                f"{type(augmentation).__name__}, of waveforms"
            )
        self.encoder = encoder
        self.optimizer, self.schedule, self.augmentation = optimizer, schedule or Cosine(), augmentation
        self.layer_decay, self.label_smoothing = layer_decay, label_smoothing
        mixtures = ((mixup, mixup_alpha), (cutmix, cutmix_alpha))
        self.mixtures = [partial(mix, alpha=alpha) for mix, alpha in mixtures if alpha > 0]
        self.scored: list[tuple[Tensor, Tensor]] = []

    @property
    def _data(self) -> RecordingsDataModule:
        return cast(RecordingsDataModule, self.trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]

    def setup(self, stage: str) -> None:
        require_whole_recordings(self.trainer)
        self.configure_model()
        if self.trainer.world_size > 1:
            across_ranks(self.classifier)
        targets = self._data.targets
        if isinstance(targets, Numbers):
            raise ValueError(f"{self._data.root}: expected classes to fine-tune on; got numbers: evaluate probes them")
        if self.label_smoothing and not isinstance(targets, OneClass):
            raise ValueError(
                f"label_smoothing: expected 0 for clips of several classes, as in {self._data.root}; got "
                f"{self.label_smoothing}"
            )
        one_class = nn.CrossEntropyLoss(label_smoothing=self.label_smoothing)
        self.loss = one_class if isinstance(targets, OneClass) else targets.loss()

    def configure_model(self) -> None:
        # A moving average calls this before it copies the module, which is before setup.
        if not hasattr(self, "classifier"):
            self.classifier = Classifier(self.encoder, len(self._data.targets.classes))

    def forward(self, waveform: Tensor) -> Tensor:
        return self.classifier(waveform)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        waveform, target = batch
        spectrogram = self.encoder.spectrogram(waveform)
        if self.mixtures:
            mix = self.mixtures[int(torch.randint(len(self.mixtures), ()))]
            spectrogram, target = mix(spectrogram, target)
        loss = self.loss(self.classifier.classify(self._augmented(spectrogram)), target)
        self.log_dict(averaged({"train/loss": loss}), prog_bar=True, batch_size=len(waveform))
        return loss

    def _augmented(self, spectrogram: Tensor) -> Tensor:
        if self.augmentation is None:
            return spectrogram
        if not isinstance(self.augmentation, Augmentation):
            return self.augmentation(spectrogram)
        # Numbers drawn anew in every step: those of the clips would change a clip in the same way in every epoch.
        return self.augmentation(spectrogram, torch.randint(2**62, (len(spectrogram),)))

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        self._score(batch)

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        self._score(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_score("val")

    def on_test_epoch_end(self) -> None:
        self._log_score("test")

    def _score(self, batch: tuple[Tensor, Tensor]) -> None:
        waveform, target = batch
        if len(waveform):  # else no clip of the batch can be read
            self.scored.append((self(waveform).float().cpu(), target.bool().cpu()))

    def _log_score(self, stage: str) -> None:
        if not self.scored:
            raise ValueError(f"{self._data.root}: expected clips to score; none of those for {stage} can be read")
        scores, truth = (torch.cat(part).numpy() for part in zip(*self.scored, strict=True))
        (score,) = self._data.targets.measure(scores, truth, np.ones((1, len(truth))))
        self.log(f"{stage}/score", score, prog_bar=True)
        self.predictions = scores, truth
        self.scored.clear()

    def configure_optimizers(self) -> Any:
        optimizer = self.optimizer(self.classifier.parameters())
        (only,) = optimizer.param_groups
        groups = self.classifier.parameter_groups(only["weight_decay"], self.layer_decay)
        optimizer.param_groups.clear()
        for group in groups:
            scale = group.pop("lr_scale")
            optimizer.add_param_group(group | {"lr": only["lr"] * scale})
        return self.scheduled(optimizer, self.schedule)

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["encoder"], checkpoint["encoder_prefix"] = self.encoder.recipe(), "encoder."
