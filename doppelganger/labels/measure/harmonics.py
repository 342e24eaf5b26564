"""Levels and tuning of overtones, and the share of noise."""

import math

import torch
from torch import Tensor

from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.frames import Frames
from doppelganger.labels.measure.pitch import LOWEST_PERIODS, VOICED

FACTS = (
    Fact("overtones_db", "dB", 3.0, False, "level of harmonics 2 to 8 against the fundamental"),
    Fact("even_db", "dB", 3.0, False, "level of harmonics 2, 4 and 6 against 3, 5 and 7"),
    Fact("noise_share", "ratio", 0.1, False, "share of the power that is neither tonal nor periodic"),
    Fact("inharmonicity", "ratio", 0.15, False, "share of the power in spectral lines without a common period"),
)

_N = 8
_FLOOR_DB = -50.0


def measure(frames: Frames, pitch_hz: Tensor, glide: Tensor, harmonicity: Tensor, tonal: Tensor) -> dict[str, Tensor]:
    """Facts of overtones, each (batch,), given the facts of the same names as the arguments.

    The first two are nan where the pitch is nan, glides, or is too low to resolve its harmonics; the inharmonicity is
    nan where no period is found, and the strongest line is so low that its own period may be too long to be found.
    """
    spectrum = (frames.weight[:, None] @ frames.power)[:, 0]
    k = torch.arange(1, _N + 1, device=spectrum.device)
    hz = k * pitch_hz.nan_to_num()[:, None]
    centre = (hz / frames.bin_hz).round().long().clamp(1, spectrum.shape[1] - 2)
    near = centre[:, :, None] + torch.arange(-1, 2, device=spectrum.device)
    power = spectrum.gather(1, near.flatten(1)).view_as(near).amax(dim=2)
    power = torch.where(hz < 0.48 * frames.sample_rate, power, 0)
    resolved = (pitch_hz > 4 * frames.bin_hz) & (glide.abs() < 1) & (harmonicity > 0.5)
    even, odd = power[:, 1::2][:, :3].sum(dim=1), power[:, 2::2].sum(dim=1)
    overtones = power[:, 1:].sum(dim=1)
    strongest = spectrum[:, 2:].argmax(dim=1) + 2  # bins 0 and 1 hold an offset
    unknown = (strongest <= LOWEST_PERIODS) & (harmonicity < VOICED)
    rich = resolved & (hz[:, 2] < 0.48 * frames.sample_rate) & (even + odd > 1e-3 * power[:, 0])
    return {
        "overtones_db": _db(overtones, power[:, 0]).where(resolved & (hz[:, 1] < 0.48 * frames.sample_rate), math.nan),
        "even_db": _db(even, odd).where(rich, math.nan),
        "noise_share": 1 - torch.maximum(harmonicity, tonal),
        "inharmonicity": (tonal - harmonicity).clamp_min(0).where(~unknown, math.nan),
    }


def _db(power: Tensor, against: Tensor) -> Tensor:
    return (10 * (power / against.clamp_min(1e-20)).clamp_min(1e-20).log10()).clamp(_FLOOR_DB, -_FLOOR_DB)
