"""Pictures of a match: spectrograms, envelopes and the loss. Needs matplotlib."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Length of a spectrum in samples, about how many are drawn, and the levels that are shown, below the loudest one.
_WINDOW, _N_SPECTRA, _RANGE_DB = 1024, 500, 80
_ENVELOPE_S = 0.01


def png(target: Tensor, sound: Tensor, history: Tensor, sample_rate: int) -> bytes:
    """One picture.

    Args:
        target, sound: (n_samples,), at equal loudness.
        history: (steps + 1,), the lowest loss so far.
        sample_rate: in Hz.

    Returns:
        a PNG: spectrograms on one scale, one above the other; beneath, both envelopes, and the loss.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 8), layout="constrained")
    places = figure.subplot_mosaic([["target", "target"], ["match", "match"], ["envelope", "loss"]])
    _spectrograms(places, {"target": target, "match": sound}, sample_rate)
    for name, each in (("target", target), ("match", sound)):
        places["envelope"].plot(*_envelope(each, sample_rate), label=name)
    places["envelope"].set(title="envelope", xlabel="time (s)", ylabel="level (dB)", ylim=(-80, 3))
    places["envelope"].legend()
    places["loss"].plot(history.cpu().numpy())
    places["loss"].set(title="loss", xlabel="step", ylabel="distance", ylim=(0, None))
    for name in ("envelope", "loss"):
        places[name].grid(alpha=0.3)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    return data.getvalue()


def _spectrograms(places: dict[str, Axes], sounds: dict[str, Tensor], sample_rate: int) -> None:
    hop = max(1, len(sounds["target"]) // _N_SPECTRA)
    levels = {name: _decibels(sound, hop) for name, sound in sounds.items()}
    loudest = max(level.max().item() for level in levels.values())
    for name, level in levels.items():
        n_bins, n_frames = level.shape
        time_s, frequency_hz = np.arange(n_frames) * hop / sample_rate, np.arange(n_bins) * sample_rate / _WINDOW
        shown = {"vmin": loudest - _RANGE_DB, "vmax": loudest, "cmap": "magma", "rasterized": True}
        image = places[name].pcolormesh(time_s, frequency_hz, level, **shown)
        places[name].set(title=name, ylabel="frequency (Hz)", yscale="log", ylim=(sample_rate / _WINDOW, None))
        places[name].figure.colorbar(image, ax=places[name], label="level (dB)")
    places["match"].set_xlabel("time (s)")


def _decibels(sound: Tensor, hop: int) -> np.ndarray:
    window = torch.hann_window(_WINDOW, dtype=sound.dtype)
    spectrum = torch.stft(sound.cpu(), _WINDOW, hop, window=window, pad_mode="constant", return_complex=True)
    return (20 * spectrum.abs().clamp_min(1e-5).log10()).numpy()


def _envelope(sound: Tensor, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Times in s, and RMS levels in dB."""
    n = max(1, min(round(_ENVELOPE_S * sample_rate), len(sound)))
    frames = sound.cpu()[: len(sound) // n * n].view(-1, n)
    level = frames.square().mean(dim=1).clamp_min(1e-10).log10() * 10
    return np.arange(len(frames)) * n / sample_rate, level.numpy()
