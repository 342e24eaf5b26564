"""Log training pairs as sounds and spectrograms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pytorch_lightning import Callback, LightningModule, Trainer

from doppelganger.encoders import Encoder, SpectrogramEncoder
from doppelganger.streams.pairs import Pairs
from lightning_modules.callbacks.media import log_audio, log_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class PairLogger(Callback):
    """Logs the first pairs of validation once: their sounds, and their spectrograms if the encoder makes some.

    Args:
        n_pairs: number of pairs.
    """

    def __init__(self, n_pairs: int = 4):
        self.n_pairs = n_pairs
        self._done = False

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        # Validation pairs never change: log them once.
        if self._done or trainer.sanity_checking or not trainer.is_global_zero:
            return
        if not isinstance(batch, Pairs):
            return  # other objectives have no pairs
        self._done = True
        encoder = cast(Encoder, pl_module.encoder)
        for view, sounds in (("a", batch.a), ("b", batch.b)) if batch.a.ndim == 2 else ():
            for number, sound in enumerate(sounds[: self.n_pairs].float().cpu()):
                log_audio(trainer, f"pairs/{number}{view}", sound, encoder.sample_rate)
        if isinstance(encoder, SpectrogramEncoder):
            log_figure(trainer, "pairs/pictures", _figure(encoder, batch, self.n_pairs))


def _figure(encoder: SpectrogramEncoder, batch: Pairs, n_pairs: int) -> Figure:
    from matplotlib.figure import Figure

    n_pairs = min(n_pairs, len(batch.index))
    figure = Figure(figsize=(2.6 * n_pairs, 4.2), layout="constrained")
    axes = figure.subplots(2, n_pairs, squeeze=False, sharex=True, sharey=True)
    for row, (view, sounds) in enumerate((("a", batch.a), ("b", batch.b))):
        spectrograms = encoder.spectrogram(sounds[:n_pairs])[:, 0].float().cpu()
        for number, (ax, spectrogram) in enumerate(zip(axes[row], spectrograms, strict=True)):
            ax.imshow(spectrogram, origin="lower", aspect="auto", cmap="magma")
            ax.set_title(f"pair {number}, view {view}", fontsize=9)
    axes[1, 0].set(xlabel="frame", ylabel="mel band")
    return figure
