"""SynthBank: many synths as one."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from synths import random
from synths.dsp.choices import chosen
from synths.parameters import Parameter, ParameterSpace
from synths.synth import AudioSynth


class SynthBank(AudioSynth):
    """A weighted mixture of synths: every sound is one of theirs.

    Theta is a choice, then the parameters of all synths one after the other, named "synth.parameter". A
    row's sound depends on the choice and on the block of the synth that was chosen; `mask` says which
    columns those are. The sound with a number is what the chosen synth plays for that number.

    Args:
        synths: name -> synth, all of one sample rate and length.
        weights: name -> relative frequency; None: equal. A synth left out is not drawn.
        ranges: parameters to fix or narrow, see `Synth`; "synth: 2" fixes the choice to the third. The synths draw
            within them, see `Synth.narrowed`.

    Raises:
        ValueError: no synths, synths of different sample rates or lengths, or weights of unknown names or
            below 0.

    Gradient: flows to the block of the chosen synth; 0 through the choice.
    """

    def __init__(
        self,
        synths: Mapping[str, AudioSynth],
        weights: Mapping[str, float] | None = None,
        *,
        ranges: Mapping[str, float | list[float]] | None = None,
    ):
        first = _one_length(synths)
        names = ", ".join(f"{i} {name}" for i, name in enumerate(synths))
        choice = Parameter("synth", 0, len(synths), "choice", doc=f"which one: {names}")
        blocks = ParameterSpace.of({name: synth.space for name, synth in synths.items()})
        revision = sum(synth.space.revision for synth in synths.values())
        space = ParameterSpace([choice, *blocks], revision)
        super().__init__(space, sample_rate=first.sample_rate, seconds=first.seconds, ranges=ranges)
        self.synths: dict[str, AudioSynth] = _narrowed(synths, self.space)
        self.weights = weights
        self.edges = _edges(synths, weights, self.space[0])

    @classmethod
    def short_name(cls) -> str:
        return "bank"

    def choice(self, theta: Tensor) -> Tensor:
        """Which synth each row of theta plays: int64 (batch,), in the order of `synths`."""
        return chosen(self.space.to_physical(theta)[:, 0], len(self.synths))

    def mask(self, theta: Tensor) -> Tensor:
        """Which columns each row's sound depends on: bool (batch, n_parameters)."""
        owner = torch.cat([torch.full((len(s.space),), i) for i, s in enumerate(self._children())]).to(theta.device)
        choice = self.choice(theta)[:, None]
        return torch.cat([torch.ones_like(choice, dtype=torch.bool), owner == choice], dim=1)

    def sample(self, index: random.Integers, seed: int = 0) -> Tensor:
        """Theta of the items with these numbers; the chosen synth's own block is what it draws itself."""
        index = random.as_index(index)
        drawn, place = self._draw(index, seed)
        only = self.space[0]
        low, high = drawn.clamp_min(only.low), (drawn + 1).clamp_max(only.high)
        column = (low + (high - low) * place.clamp(1e-4, 1 - 1e-4) - only.low) / ((only.high - only.low) or 1)
        return torch.cat([column.float()[:, None], *(s.sample(index, seed) for s in self._children())], dim=1)

    def noise_key(self, index: random.Integers, seed: int = 0, view: str = "") -> Tensor:
        """Noise keys, those of the synth that is drawn."""
        index = random.as_index(index)
        drawn, _ = self._draw(index, seed)
        keys = torch.stack([synth.noise_key(index, seed, view) for synth in self._children()])
        return keys.gather(0, drawn[None])[0]

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        choice = chosen(physical[:, 0], len(self.synths))
        blocks = physical[:, 1:].split([len(synth.space) for synth in self._children()], dim=1)
        # All rows are known before any of them sounds: asked for one by one, a GPU would wait for every synth.
        rows_of = choice.argsort(stable=True).split(choice.bincount(minlength=len(blocks)).tolist())
        sound = torch.zeros(len(key), self.n_samples, dtype=dtype, device=physical.device)
        for synth, block, rows in zip(self._children(), blocks, rows_of, strict=True):
            if len(rows):
                sound.index_copy_(0, rows, synth.render_physical(block[rows], key[rows], dtype))
        return sound

    def render_physical(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        return self.synthesize(physical, key, dtype)  # the synths themselves have blocks and kernels

    def narrowed(self, ranges: Mapping[str, float | list[float]]) -> SynthBank:
        bank = super().narrowed(ranges)
        bank.synths = _narrowed(self.synths, bank.space)
        bank.edges = _edges(self.synths, self.weights, bank.space[0])
        return bank

    def compile(self, *args, **kwargs) -> None:
        """From now on every synth renders with a kernel of its own, see `Synth.compile`."""
        for synth in self._children():
            synth.compile(*args, **kwargs)

    def _children(self) -> list[AudioSynth]:
        return list(self.synths.values())

    def _draw(self, index: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        """The synth drawn for each item, and where between its two edges the draw fell, from 0 to 1."""
        # A bank in a bank has fewer parameters, and so a stream of its own: from one stream, the outer bank
        # would draw it only where it draws its own first synths.
        drawn = random.uniform(index, 1, seed=seed, stream=f"bank of {len(self.space)}")[:, 0].double()
        edges = torch.tensor(self.edges, dtype=torch.float64, device=index.device)
        synth = torch.bucketize(drawn, edges[1:-1], right=True)
        return synth, (drawn - edges[synth]) / (edges[synth + 1] - edges[synth])


def _one_length(synths: Mapping[str, AudioSynth]) -> AudioSynth:
    if not synths:
        raise ValueError("expected at least one synth; got none")
    first, *others = synths.items()
    for name, synth in others:
        if (synth.sample_rate, synth.n_samples) != (first[1].sample_rate, first[1].n_samples):
            raise ValueError(
                f"{name}: expected {first[1].sample_rate} Hz and {first[1].n_samples} samples, as {first[0]} has; "
                f"got {synth.sample_rate} Hz and {synth.n_samples} samples"
            )
    return first[1]


def _narrowed(synths: Mapping[str, AudioSynth], space: ParameterSpace) -> dict[str, AudioSynth]:
    """The synths with the ranges that the bank's space leaves them: each draws its own block of theta in them."""
    parts, start = {}, 1
    for name, synth in synths.items():
        left = space[start : start + len(synth.space)]
        pairs = zip(synth.space, left, strict=True)
        ranges = {p.name: [q.low, q.high] for p, q in pairs if (p.low, p.high) != (q.low, q.high)}
        parts[name] = synth.narrowed(ranges) if ranges else synth
        start += len(left)
    return parts


def _edges(synths: Mapping[str, AudioSynth], weights: Mapping[str, float] | None, choice: Parameter) -> list[float]:
    """Cumulated weights of what the choice's range leaves, from 0 to 1; one more than there are synths."""
    weights = dict.fromkeys(synths, 1.0) if weights is None else weights
    unknown = sorted(weights.keys() - synths.keys())
    if unknown:
        raise ValueError(f"weights of unknown synths: {', '.join(unknown)}; the bank has {', '.join(synths)}")
    each = torch.tensor([weights.get(name, 0.0) for name in synths], dtype=torch.float64)
    if (each < 0).any() or not 0 < each.sum() < float("inf"):
        raise ValueError(f"expected weights of at least 0, not all 0; got {dict(weights)}")
    if choice.low == choice.high:
        each = torch.arange(len(each)) == min(int(choice.low), len(each) - 1)
    else:
        first = torch.arange(len(each), dtype=torch.float64)
        each *= ((first + 1).clamp_max(choice.high) - first.clamp_min(choice.low)).clamp_min(0)
    if not each.any():
        raise ValueError(f"synth: expected a range with a synth of weight above 0; got {choice.low} to {choice.high}")
    return [0.0, *(each.cumsum(0) / each.sum()).tolist()]
