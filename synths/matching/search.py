"""The search: random starts, and survivors that descend, and try random moves between."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from synths.matching.descent import Descent
from synths.matching.distance import Distance
from synths.matching.moves import move
from synths.matching.pitch import pitch_columns, pitches_of, transposed
from synths.synth import AudioSynth

# Every third step is a random move: slopes say nothing about choices, and little about far places.
_ROUND = 3

_SUCCESSION = 10  # steps after which each target's worst survivor is replaced by a copy of its best

# In semitones: how far the key of a start that was tuned may move, and how far its pitch may be off.
_KEY_MOVES, _IN_TUNE = 0.5, 1.0

_LAST = 1e3  # added to the loss of a start that is out of tune: it survives where too few are in tune


@dataclass(frozen=True)
class Match:
    """The best sound found for each target.

    Args:
        theta: (batch, n_parameters) in [0, 1].
        sound: (batch, n_samples), theta rendered with key 0, or with the noise that `match` was given.
        gain: (batch,), factor that brings the sound to the RMS level of its target, at most 1000.
        loss: (batch,), the sound's distance from its target, see `Distance`.
        history: (steps + 1, batch), the lowest loss so far; the first row is the best start's.
        n_renders: sounds rendered per target.
    """

    theta: Tensor
    sound: Tensor
    gain: Tensor
    loss: Tensor
    history: Tensor
    n_renders: int


class Search:
    """A search that can go on: `advance` it, and take the `best` so far.

    Args:
        synth, target, pitch, n_starts, n_survivors, seed, noise_of: see `match`.

    Raises:
        ValueError, ImportError: see `match`.
    """

    def __init__(
        self,
        synth: AudioSynth,
        target: Tensor,
        *,
        pitch: Tensor | None = None,
        n_starts: int = 64,
        n_survivors: int = 16,
        seed: int = 0,
        noise_of: int | None = None,
    ):
        _check(synth, target, pitch, n_starts, n_survivors)
        self.synth, self.target, self.seed = synth, target, seed
        self.n_survivors = min(n_survivors, n_starts)
        self.distance = Distance(target)
        targets = torch.arange(len(target), device=target.device)
        key = torch.zeros(1, dtype=torch.int64) if noise_of is None else synth.noise_key(noise_of)
        self.key = key.to(target.device)
        # The survivors of a target lie together.
        self.row, self.first = targets.repeat_interleave(self.n_survivors), targets * self.n_survivors
        self.free = torch.tensor([p.low < p.high for p in synth.space], device=target.device)
        self.n_steps, self.n_renders = 0, 0
        self.theta = self._starts(n_starts, pitch)
        self.low, self.high = self._bounds(pitch)
        # The nearest that each survivor has been. Its descent may be elsewhere: it passes through worse sounds.
        self.loss, self.slope = self._evaluate(self.theta)
        self.descent = Descent(self.theta, self.slope)
        self.history = [self._ranked().amin(dim=1)]

    def render(self, theta: Tensor) -> Tensor:
        """Sounds of theta, see `AudioSynth.render`, all with the same noise."""
        return self.synth.render(theta, self.key.expand(len(theta)))

    def advance(self) -> None:
        """One step of each survivor: down its gradient, or, each third time, a random move from its nearest sound."""
        descends = self.n_steps % _ROUND < _ROUND - 1
        if descends:
            tried = torch.where(self.free, self.descent.next(), self.theta)
        else:
            tried = move(self.theta, self.slope, self.free, self.n_survivors, self.seed, self.n_steps)
        tried = tried.clamp(self.low, self.high)
        loss, slope = self._evaluate(tried)
        closer = loss < self.loss
        self.loss = torch.where(closer, loss, self.loss)
        self.theta = torch.where(closer[:, None], tried, self.theta)
        self.slope = torch.where(closer[:, None], slope, self.slope)
        self.descent.go_to(tried, slope, torch.ones_like(closer) if descends else closer)
        self.history.append(self._ranked().amin(dim=1))
        self.n_steps += 1
        if self.n_steps % _SUCCESSION == 0:
            best, worst = self.first + self._ranked().argmin(dim=1), self.first + self._ranked().argmax(dim=1)
            for of_survivors in (self.theta, self.loss, self.slope, self.low, self.high):
                of_survivors[worst] = of_survivors[best]
            self.descent.restart(worst, best, self.theta[worst], self.slope[worst])

    @torch.no_grad()
    def best(self) -> Match:
        """The best sound so far."""
        best = self.first + self._ranked().argmin(dim=1)
        theta = self.theta[best]
        sound = self.render(theta)
        gain = self.distance.gain(sound, torch.arange(len(theta), device=theta.device))
        return Match(theta, sound, gain, self.loss[best], torch.stack(self.history), self.n_renders)

    def survivors(self, row: int) -> tuple[Tensor, Tensor]:
        """Theta (n_survivors, n_parameters) and loss (n_survivors,) of one target's survivors, the nearest first."""
        loss, order = self._ranked()[row].sort()
        return self.theta[row * self.n_survivors + order], loss

    def _ranked(self) -> Tensor:
        """Loss of the survivors of each target: (targets, n_survivors)."""
        return self.loss.view(len(self.target), -1)

    def _evaluate(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        self.n_renders += self.n_survivors
        with torch.enable_grad():
            theta = theta.detach().requires_grad_()
            loss = self.distance(self.render(theta), self.row)
            (slope,) = torch.autograd.grad(loss.sum(), theta)
        return loss.detach(), slope

    @torch.no_grad()
    def _starts(self, n_starts: int, pitch: Tensor | None) -> Tensor:
        """The random thetas that sound closest to each target: (targets * n_survivors, n_parameters)."""
        theta = self.synth.sample(torch.arange(n_starts, device=self.target.device), self.seed)
        sounds = self.render(theta)
        self.n_renders += n_starts
        if pitch is None or not pitch_columns(self.synth.space):
            candidates = theta.expand(len(self.target), -1, -1)
            loss = torch.stack([self._losses(sounds, i) for i in range(len(self.target))])
        else:
            there, rows, losses = pitches_of(sounds, self.synth.sample_rate), [], []
            for i, wanted in enumerate(pitch.to(there)):
                rows.append(transposed(self.synth.space, theta, wanted - there))
                sounds = self.render(rows[-1])
                in_tune = (pitches_of(sounds, self.synth.sample_rate) - wanted).abs() <= _IN_TUNE
                off = ~(in_tune | wanted.isnan())  # silence has no pitch
                losses.append(self._losses(sounds, i) + off * _LAST)
            candidates, loss = torch.stack(rows), torch.stack(losses)
            self.n_renders += n_starts
        nearest = loss.topk(self.n_survivors, largest=False).indices
        return candidates.gather(1, nearest[..., None].expand(-1, -1, theta.shape[1])).flatten(0, 1)

    def _bounds(self, pitch: Tensor | None) -> tuple[Tensor, Tensor]:
        """The least and the greatest theta that survivors may reach: of keys that were tuned, near where they are."""
        low, high = torch.zeros_like(self.theta), torch.ones_like(self.theta)
        if pitch is not None:
            is_tuned = ~pitch.isnan().to(self.theta.device)[self.row]
            for column in pitch_columns(self.synth.space):
                reach = _KEY_MOVES / (self.synth.space[column].high - self.synth.space[column].low)
                there = self.theta[is_tuned, column]
                low[is_tuned, column], high[is_tuned, column] = (there - reach).clamp(0), (there + reach).clamp(max=1)
        return low, high

    def _losses(self, sounds: Tensor, row: int) -> Tensor:
        """Losses of sounds (n, n_samples) from one target: (n,)."""
        blocks = sounds.split(self.n_survivors)  # spectra take far more room than sounds
        return torch.cat([self.distance(block, self.row.new_full((len(block),), row)) for block in blocks])


def _check(synth: AudioSynth, target: Tensor, pitch: Tensor | None, n_starts: int, n_survivors: int) -> None:
    if not isinstance(synth, AudioSynth):
        raise ValueError(f"expected a synth that makes sounds; {type(synth).__name__} makes none")
    if not isinstance(target, Tensor) or target.dtype not in (torch.float32, torch.float64):
        got = target.dtype if isinstance(target, Tensor) else type(target).__name__
        raise ValueError(f"expected target as a tensor of float32 or float64; got {got}")
    if target.ndim != 2 or target.shape[1] != synth.n_samples or not len(target):
        raise ValueError(f"expected target of shape (batch, {synth.n_samples}); got {tuple(target.shape)}")
    if not target.isfinite().all():
        raise ValueError("expected a finite target; it holds NaN or infinity")
    if pitch is not None and pitch.shape != (len(target),):
        raise ValueError(f"expected pitch of shape ({len(target)},); got {tuple(pitch.shape)}")
    for name, given in (("n_starts", n_starts), ("n_survivors", n_survivors)):
        if given < 1:
            raise ValueError(f"expected {name} of at least 1; got {given}")
