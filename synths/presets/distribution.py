"""PresetDistribution: sounds near presets."""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path

import torch
from torch import Tensor

from synths import presets, random
from synths.parameters import Parameter, ParameterSpace
from synths.perturbation import perturb
from synths.presets.preset_file import Preset

_PREFIX, _DELTA = "presets", 0.05
_DIGITS = 12  # of a digest


class PresetDistribution:
    """Draws a preset by index, then moves every parameter a little; choices stay.

    For the argument `distribution` of a synth: ``synths.Drum(distribution=PresetDistribution("kicks/"))``. What a
    preset leaves free is uniform in [0, 1], what it narrows is uniform in the narrowed range. A parameter that
    `ranges` of the synth fixes or narrows stays in those.

    Args:
        folder: of YAML and JSON presets; None: the synth's own in `synths/presets`.
        delta: standard deviation of the move, in theta, see `perturb`.
        digest: expected hash of the presets; None accepts any.

    Raises:
        ValueError: a delta that is negative or not finite.
    """

    def __init__(self, folder: str | Path | None = None, delta: float = _DELTA, digest: str | None = None):
        if not 0 <= delta < math.inf:
            raise ValueError(f"expected a finite delta of at least 0; got {delta}")
        self.folder, self.delta, self.digest = folder, delta, digest

    @classmethod
    def parse(cls, text: str) -> PresetDistribution | None:
        """The distribution of "presets", "presets:FOLDER" or "presets:FOLDER:DELTA"; None for any other text.

        A text of `BoundPresets` ends in "@" and a digest. Where FOLDER is an existing folder, all of it is its name.

        Raises:
            ValueError: a delta that is negative or not finite.
        """
        head, _, rest = text.partition(":")
        if head != _PREFIX:
            return None
        if rest and Path(rest).is_dir():
            return cls(rest)
        digest = re.search(f"@([0-9a-f]{{{_DIGITS}}})$", rest)
        rest = rest[: digest.start()] if digest else rest
        folder, colon, last = rest.rpartition(":")
        try:
            delta = float(last) if colon else None
        except ValueError:
            delta = None
        if delta is None:
            folder, delta = rest, _DELTA
        return cls(folder or None, delta, digest[1] if digest else None)

    def bind(self, synth: str, space: ParameterSpace) -> BoundPresets:
        """The distribution over the parameters of a synth.

        Args:
            synth: name of the synth.
            space: its parameters, narrowed or not.

        Raises:
            ValueError: no presets, presets of another synth, or others than those of `digest`; names the file.
        """
        folder = presets.folder(synth) if self.folder is None else Path(self.folder)
        paths = sorted(path for path in folder.glob("*") if path.suffix in (".yaml", ".json"))
        if not paths:
            raise ValueError(f"expected presets, .yaml or .json, in {folder}; there are none")
        low, high, read = [], [], []
        for path in paths:
            try:
                preset = Preset.read(path)
                preset.require(synth, space.origin)
                narrowed = space.origin.narrow(preset.parameters)
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from None
            read.append(preset.parameters)
            pairs = list(zip(narrowed, space, strict=True))
            low.append([_inside(_settled(p, p.low), own) for p, own in pairs])
            high.append([_inside(_settled(p, p.high), own) for p, own in pairs])
        digest = hashlib.sha256(json.dumps([dict(each) for each in read]).encode()).hexdigest()[:_DIGITS]
        if self.digest not in (None, digest):
            raise ValueError(f"the presets in {folder} have changed: their digest is {digest}, not {self.digest}")
        lowest, highest = (space.to_theta(torch.tensor(end, dtype=torch.float64)) for end in (low, high))
        where = "" if self.folder is None else str(self.folder)
        return BoundPresets(space, lowest, highest, self.delta, f"{_PREFIX}:{where}:{float(self.delta)}@{digest}")


def _settled(p: Parameter, end: float) -> float:
    """An end of a range; of a choice that is made, the middle of its step, from which rounding does not lead away."""
    return math.floor(end) + 0.5 if p.unit == "choice" and p.low == p.high else end


def _inside(value: float, p: Parameter) -> float:
    return max(min(value, p.high), p.low)


class BoundPresets:
    """Presets of one synth as a distribution of theta; made by `PresetDistribution.bind`.

    Args:
        space: parameters of the synth.
        low, high: (n_presets, n_parameters), ends of every preset's ranges in theta.
        delta: standard deviation of the move, in theta.
        text: what `PresetDistribution.parse` makes the distribution of.
    """

    def __init__(self, space: ParameterSpace, low: Tensor, high: Tensor, delta: float, text: str):
        self.space, self.low, self.high, self.delta, self.text = space, low, high, delta, text

    def choice(self, index: Tensor, seed: int = 0) -> Tensor:
        """Number of each item's preset, in the order of their files' names: int64 (batch,). Args as in `draw`."""
        even = random.uniform(index, 1, seed=seed, stream="preset")[:, 0]
        return (even.double() * len(self.low)).long()

    def draw(self, index: Tensor, unit: Tensor, seed: int) -> Tensor:
        """Theta of the items with these numbers.

        Args:
            index: int64 (batch,).
            unit: (batch, n_parameters), uniform in [0, 1).
            seed: seed for all random draws.

        Returns:
            (batch, n_parameters) in [0, 1].
        """
        chosen = self.choice(index, seed)
        low, high = (end.to(index.device)[chosen] for end in (self.low, self.high))
        return perturb(self.space, low + (high - low) * unit, self.delta, index, seed=seed, view="preset")
