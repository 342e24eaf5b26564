"""Spectrograms of sounds in the pictures of the documentation."""

from matplotlib.axes import Axes
from torch import Tensor

from doppelganger import LogMel


def log_mels(sounds: Tensor) -> Tensor:
    """Log-mels (batch, n_bands, n_frames) of sounds (batch, n_samples) at 16 kHz."""
    log_mel = LogMel(n_mels=96, low_hz=40.0, high_hz=7900.0, n_fft=2048, frame_s=0.05, hop_s=0.004, frame_multiple=1)
    return log_mel(sounds)[:, 0]


def draw(axes: Axes, picture: Tensor) -> None:
    """One log-mel (n_bands, n_frames), without ticks; black is 7 nepers below its peak."""
    top = float(picture.max())
    axes.imshow(picture, origin="lower", aspect="auto", cmap="magma", vmin=top - 7, vmax=top)
    axes.set(xticks=[], yticks=[])
