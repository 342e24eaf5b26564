"""Doppelgänger pairs by index: two sounds from nearby thetas."""

from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from doppelganger.streams.perturbations.perturbation import Perturbation
from doppelganger.streams.sounds import Sounds
from doppelganger.streams.stream import Stream
from synths import AudioSynth, Synth, show

_MOST_SHOWN = 8


@dataclass(frozen=True)
class Pairs:
    """A batch of pairs: index (batch,), thetas (batch, n_parameters), sounds a and b (batch, n_samples).

    In a notebook, players and pictures of the first eight; `sample_rate` in Hz, int64 (batch,), None for patterns.
    """

    index: Tensor
    theta: Tensor
    theta_a: Tensor
    theta_b: Tensor
    a: Tensor
    b: Tensor
    sample_rate: Tensor | None = field(default=None, kw_only=True)

    def _repr_html_(self) -> str:
        rows = []
        for i, index in enumerate(self.index[:_MOST_SHOWN].tolist()):
            both = torch.stack([self.a[i], self.b[i]])
            rate = None if self.sample_rate is None else int(self.sample_rate[i])
            rows.append(show(both, rate, [f"{index}, {view}" for view in "ab"])._repr_html_())
        more = f"<p>and {len(self.index) - _MOST_SHOWN} more pairs</p>" if len(self.index) > _MOST_SHOWN else ""
        return "".join(f"<div>{row}</div>" for row in rows) + more

    @property
    def first(self) -> Sounds:
        """The first views alone."""
        return Sounds(self.index, self.theta_a, self.a)


class PairStream(Stream):
    """Doppelgänger pairs by index.

    Both views are perturbations of one theta, which is itself not rendered, and their noise differs.

    Args:
        synth, seed: see `Stream`.
        perturbation: step from a theta to each of its two views.
    """

    def __init__(self, synth: Synth, perturbation: Perturbation, seed: int = 0):
        super().__init__(synth, seed)
        self.perturbation = perturbation

    @cached_property
    def _fitted(self) -> Perturbation:
        """Fitted when first needed: some render thousands of sounds."""
        self.perturbation.fit(self.synth)
        return self.perturbation

    def __call__(self, index: Tensor) -> Pairs:
        theta = self.synth.sample(index, self.seed)
        views = [self._view(theta, index, view) for view in ("a", "b")]
        # Both in one call: on a GPU a call costs about the same for any number of sounds.
        a, b = self.synth.render(*(torch.cat(both) for both in zip(*views, strict=True))).chunk(2)
        (theta_a, _), (theta_b, _) = views
        rate = torch.full_like(index, self.synth.sample_rate) if isinstance(self.synth, AudioSynth) else None
        return Pairs(index, theta, theta_a, theta_b, a, b, sample_rate=rate)

    def _view(self, theta: Tensor, index: Tensor, view: str) -> tuple[Tensor, Tensor]:
        """Theta and noise keys of a view."""
        theta_v = self._fitted(self.synth.space, theta, index, seed=self.seed, view=view)
        return theta_v, self.synth.noise_key(index, self.seed, view=view)
