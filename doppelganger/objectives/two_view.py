"""The base of objectives that learn from two views of a sound."""

import torch
from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation, WaveformAugmentation
from doppelganger.encoders.encoder import Encoder, SpectrogramEncoder
from doppelganger.objectives.objective import Objective
from doppelganger.streams.pairs import Pairs


class TwoViewObjective(Objective):
    """Base of all objectives that learn from pairs.

    In training, the views' waveforms are augmented, then their spectrograms.

    Args:
        encoder: see `Objective`.
        augmentation: augmentation of spectrograms, which needs an encoder with a front end.
        waveform_augmentation: augmentation of waveforms.

    Raises:
        ValueError: an augmentation of the other kind, one of spectrograms for an encoder without a front end, or one of
            waveforms at another sample rate than the encoder's.
    """

    dispensable = ("augmentation", "waveform_augmentation")  # of other libraries, and for training alone

    def __init__(
        self,
        encoder: Encoder,
        augmentation: Augmentation | None = None,
        waveform_augmentation: Augmentation | None = None,
    ):
        super().__init__(encoder)
        if augmentation and not isinstance(encoder, SpectrogramEncoder):
            raise ValueError(
                f"augmentation changes spectrograms: expected an encoder with a front end; got {type(encoder).__name__}"
            )
        if augmentation and augmentation.domain != "spectrogram":
            raise ValueError("augmentation changes spectrograms: expected one of waveforms as waveform_augmentation")
        if waveform_augmentation:
            _require_waveforms(waveform_augmentation, encoder.sample_rate)
        self.augmentation, self.waveform_augmentation = augmentation, waveform_augmentation

    def views(self, batch: Pairs) -> Tensor:
        """Inputs of the encoder, all views a, then all views b: (2 * batch, ...); augmented in training."""
        if not self.training:
            return torch.cat([batch.a, batch.b])
        return torch.cat([self._augmented(batch.a, batch.index, "a"), self._augmented(batch.b, batch.index, "b")])

    @torch.no_grad()
    def _augmented(self, sound: Tensor, index: Tensor, view: str) -> Tensor:
        if self.waveform_augmentation:
            if sound.ndim != 2:
                raise ValueError(
                    f"waveform_augmentation: expected waveforms (batch, n_samples); got {tuple(sound.shape)}"
                )
            sound = self.waveform_augmentation(sound, index, view)
        if self.augmentation and isinstance(self.encoder, SpectrogramEncoder):
            sound = self.augmentation(self.encoder.spectrogram(sound).float(), index, view).squeeze(1)
        return sound


def _require_waveforms(augmentation: Augmentation, sample_rate: int) -> None:
    if augmentation.domain != "waveform":
        raise ValueError("waveform_augmentation changes waveforms: expected one of spectrograms as augmentation")
    for part in augmentation.modules():
        if isinstance(part, WaveformAugmentation) and part.sample_rate not in (0, sample_rate):
            raise ValueError(
                f"waveform_augmentation: expected {type(part).__name__} at the encoder's sample rate, "
                f"{sample_rate} Hz; got {part.sample_rate} Hz"
            )


@torch.no_grad()
def top1_accuracy(a: Tensor, b: Tensor) -> Tensor:
    """Share of rows of a (batch, dim) whose nearest row of b (batch, dim), by cosine, is their own partner."""
    a, b = nn.functional.normalize(a.float()), nn.functional.normalize(b.float())
    with torch.autocast(a.device.type, enabled=False):  # half precision would make near ones equal
        similarity = a @ b.T
    return (similarity.argmax(dim=1) == torch.arange(len(a), device=a.device)).float().mean()
