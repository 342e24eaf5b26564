"""What matching is compared with: random sounds and CMA-ES, at equal renders."""

from collections.abc import Callable

import cmaes
import numpy as np
import torch
from torch import Tensor

from synths.matching import Distance, Search
from synths.synth import AudioSynth

BLOCK = 16
# Each with its first step, the best of 0.05, 0.1, 0.2 and 0.3 on 8 sounds of another seed.
CMA_ES = {"CMA-ES": (cmaes.CMA, 0.1), "separable CMA-ES": (cmaes.SepCMA, 0.3)}


def random_search(synth: AudioSynth, target: Tensor, n_renders: int, seed: int) -> Tensor:
    """Lowest loss of the first n_renders random sounds of a seed, for each target (batch, n_samples): (batch,)."""
    distance = Distance(target)
    best = torch.full((len(target),), torch.inf)
    for start in range(0, n_renders, BLOCK):
        sounds = synth.render(synth.sample(torch.arange(start, min(start + BLOCK, n_renders)), seed))
        loss = [distance(sounds, torch.full((len(sounds),), row)).amin() for row in range(len(target))]
        best = torch.minimum(best, torch.stack(loss))
    return best


def cma_es(
    begun: Search, n_renders: int, seed: int, make: Callable[..., cmaes.CMA | cmaes.SepCMA], sigma: float
) -> Tensor:
    """Lowest loss that CMA-ES finds for each target, from the best start of a search that has made no step.

    It knows what the search knows: the tuned starts, and how far keys may move from them. (batch,)
    """
    synth, n_targets = begun.synth, len(begun.target)
    rows = [begun.row[begun.row == i].new_tensor(_best_row(begun, i)) for i in range(n_targets)]
    best = torch.stack([begun.loss[row] for row in rows])
    searches = []
    for i, row in enumerate(rows):
        bounds = torch.stack([begun.low[row], begun.high[row]], dim=1).double().numpy()
        mean = begun.theta[row].double().numpy().clip(bounds[:, 0], bounds[:, 1])
        searches.append(make(mean=mean, sigma=sigma, bounds=bounds, seed=seed + i))
    size = searches[0].population_size
    for _ in range((n_renders - begun.n_renders) // size):
        points = np.array([[search.ask() for _ in range(size)] for search in searches])
        theta = torch.from_numpy(points).float().clamp(0, 1).flatten(0, 1)
        loss = begun.distance(synth.render(theta), torch.arange(n_targets).repeat_interleave(size)).view(-1, size)
        best = torch.minimum(best, loss.amin(dim=1))
        for search, asked, values in zip(searches, points, loss.tolist(), strict=True):
            search.tell(list(zip(asked, values, strict=True)))
    return best


def _best_row(begun: Search, target: int) -> int:
    losses = begun.loss.view(len(begun.target), -1)
    return target * begun.n_survivors + int(losses[target].argmin())
