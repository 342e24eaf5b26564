"""Waves in given shares of the power, for synths of oscillators."""

import math

from tests.labels.causes_measures import waves
from tests.labels.causes_patches import Scale


def shared_out(wanted: dict[str, float], *waves: str) -> tuple[dict[str, float], list[float]]:
    """The other parameters, and the amplitudes of waves with the wanted shares of power; later ones take precedence."""
    left, power = 1.0, {}
    for name in reversed([name for name in wanted if name in waves]):
        power[name] = min(wanted[name], left)
        left -= power[name]
    mean_square = {"sine": 1 / 2, "square": 1, "saw": 1 / 3, "noise": 1 / 3, "fm": 1 / 2}
    knobs = {name: value for name, value in wanted.items() if name not in waves}
    return knobs, [0.4 * math.sqrt(power.get(name, 0) / mean_square[name]) for name in waves]


def wave_scales(near: float) -> dict[str, Scale]:
    def share(name: str) -> Scale:
        return Scale(lambda v: {name: v}, lambda x: waves(x, 220, 440)[name], (0.05, 0.95), 0.05, near)

    return {f"{name}_share": share(name) for name in ("sine", "square", "saw")}
