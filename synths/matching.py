"""Matching: find theta of a sound by gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from synths import random
from synths.synth import AudioSynth

# Lengths of the spectra that are compared, in samples.
_WINDOWS = (2048, 512, 128)

# Power below which a spectrum's bin counts as silent: 60 to 84 dB below a full-scale sine, by window. At
# auraloss's own floor, 110 to 134 dB, inaudible differences outweigh audible ones, and silence beats a wrong pitch.
_FLOOR = 1e-3

# Drawn at every step, uniform on a log scale: the share of parameters that move, and the size of the move.
_SHARE, _REACH = (0.02, 0.3), (0.02, 0.4)

# Probability that a survivor copies parameters from another one of its target, and the share that it copies.
_BORROWS, _BORROWED = 0.5, 0.3

_SUCCESSION = 10  # steps after which each target's worst survivor is replaced by a copy of its best


@dataclass(frozen=True)
class Match:
    """The best sound found for each target.

    Args:
        theta: (batch, n_parameters) in [0, 1].
        sound: (batch, n_samples), theta rendered with key 0.
        loss: (batch,), the sound's distance from its target.
        history: (steps + 1, batch), the lowest loss so far; the first row is the best start's.
        n_renders: sounds rendered a target.
    """

    theta: Tensor
    sound: Tensor
    loss: Tensor
    history: Tensor
    n_renders: int


class SpectralDistance:
    """Distance of sounds from their targets: the multi-resolution STFT loss, one number a row.

    For magnitudes S of the sound and T of the target, as the mean over three lengths of spectra:
    ``|S - T| / |T| + mean(abs(log S - log T))``, with |.| the root of the sum of squares.

    Args:
        target: (batch, n_samples).

    Raises:
        ValueError: a sound shorter than the shortest window.

    Source: Yamamoto, Song and Kim, Parallel WaveGAN, 2020; as in auraloss (Steinmetz and Reiss, 2020), which
    takes the mean over a batch.
    """

    def __init__(self, target: Tensor):
        lengths = [length for length in _WINDOWS if length <= target.shape[-1]]
        if not lengths:
            raise ValueError(f"expected sounds of at least {_WINDOWS[-1]} samples to compare; got {target.shape[-1]}")
        self.windows = [torch.hann_window(length, dtype=target.dtype, device=target.device) for length in lengths]
        self.spectra = [_magnitude(target, window) for window in self.windows]

    def __call__(self, sound: Tensor, row: Tensor) -> Tensor:
        """Distance of each sound (n, n_samples) from the target in its row (n,). Returns (n,)."""
        terms = []
        for window, spectra in zip(self.windows, self.spectra, strict=True):
            S, T = _magnitude(sound, window), spectra[row]
            terms.append((S - T).norm(dim=(1, 2)) / T.norm(dim=(1, 2)))
            terms.append((S / T).log().abs().mean(dim=(1, 2)))
        return torch.stack(terms).sum(dim=0) / len(self.windows)


def _magnitude(sound: Tensor, window: Tensor) -> Tensor:
    """(n, n_samples) -> (n, bins, frames), at least the root of the floor."""
    n = len(window)
    spectrum = torch.stft(sound, n, n // 4, n, window, return_complex=True)
    return (spectrum.real**2 + spectrum.imag**2).clamp_min(_FLOOR).sqrt()


def match(
    synth: AudioSynth,
    target: Tensor,
    *,
    steps: int = 300,
    n_starts: int = 64,
    n_survivors: int = 16,
    seed: int = 0,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Match:
    """Search for the theta whose sound is nearest to the target.

    The best few of many random sounds survive. At each step a survivor moves some of its parameters, each by a random
    amount against the sign of its gradient plus noise, and keeps the move if the loss falls. Before it moves, it may
    copy parameters from another survivor.

    Args:
        synth: renders (batch, n_samples).
        target: (batch, synth.n_samples), at the synth's sample rate.
        steps: number of moves of each survivor.
        n_starts, n_survivors: number of random sounds at the start, and of those that each target keeps.
        seed: seed for all random draws; the starts are ``synth.sample(torch.arange(n_starts), seed)``.
        progress: wraps the steps, `rich.progress.track` say.

    Returns:
        the best theta found for each target, the same alone or in a batch.

    Raises:
        ValueError: a wrong shape, a target that is not finite, or a synth that makes images.

    Source: signs for slopes, Riedmiller and Braun, A Direct Adaptive Method for Faster Backpropagation
    Learning, 1993; copying parameters is the crossover of Storn and Price, Differential Evolution, 1997.
    """
    if target.ndim != 2 or target.shape[1] != synth.n_samples or not len(target):
        raise ValueError(f"expected target of shape (batch, {synth.n_samples}); got {tuple(target.shape)}")
    if not target.isfinite().all():
        raise ValueError("expected a finite target; it holds NaN or infinity")
    for name, least, given in (("steps", 0, steps), ("n_starts", 1, n_starts), ("n_survivors", 1, n_survivors)):
        if given < least:
            raise ValueError(f"expected {name} of at least {least}; got {given}")
    n_survivors = min(n_survivors, n_starts)
    distance = SpectralDistance(target)
    targets = torch.arange(len(target), device=target.device)
    row, first = targets.repeat_interleave(n_survivors), targets * n_survivors  # a target's survivors lie together

    def evaluate(theta: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            theta = theta.detach().requires_grad_()
            loss = distance(synth.render(theta), row)
            (slope,) = torch.autograd.grad(loss.sum(), theta)
        return loss.detach(), slope

    theta = _best_starts(synth, distance, targets, n_starts, n_survivors, seed)
    loss, slope = evaluate(theta)
    history = [loss.view(len(target), -1).amin(dim=1)]
    free = torch.tensor([p.low < p.high for p in synth.space], device=target.device)
    for step in progress(range(steps)):
        moved = _move(theta, slope, free, n_survivors, seed, step)
        moved_loss, moved_slope = evaluate(moved)
        closer = moved_loss < loss
        loss = torch.where(closer, moved_loss, loss)
        theta, slope = (torch.where(closer[:, None], new, old) for new, old in ((moved, theta), (moved_slope, slope)))
        ranked = loss.view(len(target), -1)
        history.append(ranked.amin(dim=1))
        if (step + 1) % _SUCCESSION == 0:
            best, worst = first + ranked.argmin(dim=1), first + ranked.argmax(dim=1)
            for of_survivors in (theta, loss, slope):
                of_survivors[worst] = of_survivors[best]

    best = first + loss.view(len(target), -1).argmin(dim=1)
    sound = synth.render(theta[best]).detach()
    return Match(theta[best], sound, loss[best], torch.stack(history), n_starts + n_survivors * (steps + 1))


@torch.no_grad()
def _best_starts(
    synth: AudioSynth, distance: SpectralDistance, targets: Tensor, n_starts: int, n_survivors: int, seed: int
) -> Tensor:
    """The random thetas that sound closest to each target: (targets * n_survivors, n_parameters)."""
    theta = synth.sample(torch.arange(n_starts, device=targets.device), seed)
    loss = []
    for sounds in synth.render(theta).split(n_survivors):  # spectra take far more room than sounds
        if sounds.ndim != 2:
            raise ValueError(f"{synth.short_name()} makes images; expected a synth that makes sounds")
        loss.append(torch.stack([distance(sounds, target.expand(len(sounds))) for target in targets]))
    nearest = torch.cat(loss, dim=1).topk(n_survivors, largest=False).indices
    return theta[nearest.flatten()]


def _move(theta: Tensor, slope: Tensor, free: Tensor, n_survivors: int, seed: int, step: int) -> Tensor:
    """The next theta of each survivor: some parameters copied from a peer, some moved, all within [0, 1]."""
    n_rows, n = theta.shape
    row = torch.arange(n_rows, device=theta.device)
    survivor = row % n_survivors
    # Random numbers follow from the survivor, not the row: a target's search is the same in any batch.
    even = random.uniform(survivor, 4 + 2 * n, seed=seed, stream=f"match {step}")
    size, noise = random.normal(survivor, 2 * n, seed=seed, stream=f"match {step} moves").chunk(2, dim=1)
    share, reach, peer, borrows = even[:, :4, None].unbind(dim=1)
    borrowed, moved = even[:, 4:].chunk(2, dim=1)

    peer = row - survivor + (peer[:, 0].double() * n_survivors).long()
    start = torch.where((borrows < _BORROWS) & (borrowed < _BORROWED), theta[peer], theta)

    # At least one free parameter moves, however small the share.
    moved = torch.where(free, moved, 2.0)
    moves = moved <= torch.maximum(_on_log_scale(share, *_SHARE), moved.amin(dim=1, keepdim=True))
    move = _on_log_scale(reach, *_REACH) * (noise / 2 - slope.sign() * size.abs())
    return (start + moves * move).clamp(0, 1)


def _on_log_scale(even: Tensor, low: float, high: float) -> Tensor:
    return low * (high / low) ** even
