"""Log reconstructions of a masked autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor

from doppelganger.encoders import AudioEncoder
from doppelganger.streams.sounds import Sounds
from lightning_modules.callbacks.media import log_figure
from lightning_modules.pretraining import PretrainingModule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from doppelganger.objectives.masked_autoencoder import Reconstruction


class ReconstructionLogger(Callback):
    """Logs spectrograms after every validation: the original, the visible patches and the reconstruction.

    Args:
        n_pictures: number of spectrograms, both of synthetic sounds and of recordings.
        recordings: folder whose first files are logged as well; None for no recordings.

    Raises:
        ValueError: a folder without recordings.
    """

    def __init__(self, n_pictures: int = 4, recordings: str | None = None):
        self.n_pictures = n_pictures
        self.files: list[Path] = []
        self._clips: Tensor | None = None
        if recordings is not None:
            from doppelganger.embedding.sound_files import sound_files  # imports soundfile

            self.files = sound_files(Path(recordings))[:n_pictures]

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Sounds,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        from doppelganger.objectives.masked_autoencoder import MaskedAutoencoder  # imports timm

        if batch_idx or trainer.sanity_checking:
            return
        objective = pl_module.objective if isinstance(pl_module, PretrainingModule) else None
        if not isinstance(objective, MaskedAutoencoder):
            return  # other objectives, and fine-tuning, reconstruct nothing
        shown = slice(self.n_pictures)
        # All ranks reconstruct, since each may hold a part of the weights; the first logs.
        _log(trainer, "filled in", objective.reconstruct(batch.sound[shown], batch.index[shown]))
        if self.files:
            self._clips = _clips(self.files, objective.encoder) if self._clips is None else self._clips
            clips = self._clips.to(pl_module.device)
            index = torch.arange(len(clips), device=clips.device)
            _log(trainer, "filled in, recordings", objective.reconstruct(clips, index))


def _log(trainer: Trainer, tag: str, reconstruction: Reconstruction) -> None:
    if trainer.is_global_zero:
        log_figure(trainer, tag, draw(reconstruction))


def _clips(files: Sequence[Path], encoder: AudioEncoder) -> Tensor:
    """The first window of each file, padded with zeros: (n_files, n_samples)."""
    from doppelganger.embedding.audio import read_blocks
    from doppelganger.embedding.windows import beginning, crop

    window = encoder.window
    clips = [beginning(read_blocks(path, encoder.sample_rate), window) for path in files]
    return torch.stack([crop(torch.from_numpy(clip), window) for clip in clips])


def draw(reconstruction: Reconstruction) -> Figure:
    """One column per spectrogram; from top to bottom the original, masked, reconstructed."""
    from matplotlib.figure import Figure

    n = len(reconstruction.spectrogram)
    figure = Figure(figsize=(2.6 * n, 6), layout="constrained")
    axes = figure.subplots(3, n, squeeze=False, sharex=True, sharey=True)
    for column, spectrograms in enumerate(zip(*(x.float().cpu() for x in reconstruction), strict=True)):
        scale = {"vmin": float(spectrograms[0].min()), "vmax": float(spectrograms[0].max())}
        for row, spectrogram in enumerate(spectrograms):
            axes[row, column].imshow(spectrogram, origin="lower", aspect="auto", cmap="magma", **scale)
    for row, name in enumerate(reconstruction._fields):
        axes[row, 0].set_ylabel(name)
    axes[2, 0].set_xlabel("frame")
    return figure
