"""Facts that follow from theta beside measurements made by hand: no sound is rendered."""

import math
from collections.abc import Mapping, Sequence

import pytest
import torch
from torch import Tensor

from doppelganger.labels.find_causes import find_causes
from doppelganger.labels.measure.measurements import FACTS, Measurements
from synths.procedural.scene import Scene
from tests.labels.causes_patches import Bench

NAN = math.nan
# Changes of a patch and of its measurements, and the fact that follows: nan where it is inaudible.
Row = tuple[Mapping[str, float], float]

_TONE = {
    "level_db": -10.0, "onset_s": 0.0, "length_s": 1.0, "brightness_hz": 1000.0, "noise_share": 0.0,
    "harmonicity": 1.0, "overtones_db": 0.0,
}  # fmt: skip


def facts_of(bench: Bench, changes: Mapping[str, float], envelope: Tensor | None = None) -> dict[str, float]:
    """Facts of a patch.

    Args:
        changes: measured facts, those of a tone of one second where nothing is said; and knobs.
        envelope: (n,), in blocks of 10 ms; none is silence.
    """
    names = [fact.name for fact in FACTS]
    values = {**_TONE, **{name: value for name, value in changes.items() if name in names}}
    measured = torch.tensor([[values.get(name, NAN) for name in names]])
    space = bench.synth.space
    physical = space.to_physical(torch.full((1, len(space)), 0.5)).double()
    knobs = {name: value for name, value in bench.base.items() if name not in changes}
    knobs = bench.finish(knobs | {name: value for name, value in changes.items() if name not in names})
    for name, value in knobs.items():
        physical[0, space.column(name)] = value
    causes = find_causes(bench.synth)
    assert causes is not None
    envelope = torch.zeros(1) if envelope is None else envelope
    measurements = Measurements(measured, envelope[None], 0.01)
    planned = [bench.synth.events(space.to_theta(physical))] if isinstance(bench.synth, Scene) else []
    found = causes.from_theta(bench.synth, physical, measurements, *planned)
    return {name: float(value) for name, value in found.items()}


def check(bench: Bench, fact: str, rows: Sequence[Row], rel: float = 1e-3) -> None:
    """Every row gives its fact."""
    for changes, expected in rows:
        assert facts_of(bench, changes)[fact] == pytest.approx(expected, rel=rel, abs=1e-9, nan_ok=True), changes
