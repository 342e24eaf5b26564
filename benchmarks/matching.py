"""How close matching comes to sounds that the Voice made itself, beside random search and CMA-ES.

All render the same number of sounds a target. CMA-ES, full and separable, begins at the best of the same random
sounds as matching does. It computes no gradient, so its renders cost less: wall time is reported, too.

python benchmarks/matching.py [--targets 64] [--steps 300] [--seconds 1.0] [--seed 0] [--out FILE]
"""

import argparse
import json
import time
from functools import partial
from pathlib import Path

import cmaes
import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from synths import provenance
from synths.matching import SpectralDistance, match
from synths.synth import AudioSynth
from synths.voices.voice import Voice

ROOT = Path(__file__).resolve().parents[1]
RATE = 16000
STARTS = 64
SURVIVORS = 16
BLOCK = 8  # targets at a time
MATCH, RANDOM = "match", "best random"
# Each with its first step, the best of 0.05, 0.1, 0.2 and 0.3 on 8 sounds of another seed.
SEARCHES = {"CMA-ES": (cmaes.CMA, 0.1), "separable CMA-ES": (cmaes.SepCMA, 0.3)}


def losses(synth: AudioSynth, distance: SpectralDistance, theta: Tensor) -> Tensor:
    """Loss of candidates (targets, n, n_parameters), each against its own target: (targets, n)."""
    n_targets, n, _ = theta.shape
    return distance(synth.render(theta.flatten(0, 1)), torch.arange(n_targets).repeat_interleave(n)).view(n_targets, n)


def random_search(synth: AudioSynth, distance: SpectralDistance, n_targets: int, n_renders: int, seed: int) -> Tensor:
    """Lowest loss of n_renders random sounds for each target; another draw for each."""
    best = torch.full((n_targets,), torch.inf)
    for start in range(0, n_renders, BLOCK):
        n = min(BLOCK, n_renders - start)
        item = torch.arange(n_targets)[:, None] * n_renders + torch.arange(start, start + n)
        theta = synth.sample(item.flatten(), seed).unflatten(0, (n_targets, n))
        best = torch.minimum(best, losses(synth, distance, theta).amin(dim=1))
    return best


def evolve(
    synth: AudioSynth,
    distance: SpectralDistance,
    n_targets: int,
    n_renders: int,
    seed: int,
    make: type[cmaes.CMA] | type[cmaes.SepCMA],
    sigma: float,
) -> Tensor:
    """Lowest loss that CMA-ES finds for each target, from the best of the random starts on."""
    theta = synth.sample(torch.arange(STARTS), seed)
    begin = torch.cat([losses(synth, distance, x.expand(n_targets, -1, -1)) for x in theta.split(BLOCK)], dim=1)
    best, bounds = begin.amin(dim=1), np.tile([0.0, 1.0], (len(synth.space), 1))
    means = theta[begin.argmin(dim=1)].double().numpy()
    searches = [make(mean=mean, sigma=sigma, bounds=bounds, seed=seed + i) for i, mean in enumerate(means)]
    size = searches[0].population_size
    for _ in range((n_renders - STARTS) // size):
        asked = np.array([[search.ask() for _ in range(size)] for search in searches])
        loss = losses(synth, distance, torch.from_numpy(asked).float())
        best = torch.minimum(best, loss.amin(dim=1))
        for search, points, values in zip(searches, asked, loss.tolist(), strict=True):
            search.tell(list(zip(points, values, strict=True)))
    return best


@torch.no_grad()
def measure(options: argparse.Namespace) -> tuple[dict[str, dict], int]:
    """Method -> loss of each target and wall seconds in all; and the number of renders a target."""
    synth = Voice(sample_rate=RATE, seconds=options.seconds)
    synth.compile(dynamic=False)
    found = {name: {"loss": [], "wall_s": 0.0} for name in (MATCH, RANDOM, *SEARCHES)}
    n_renders = 0
    for first in track(range(0, options.targets, BLOCK), description="matching"):
        index = torch.arange(first, min(first + BLOCK, options.targets))
        # Another seed than the search's: no target is among the sounds it begins with.
        target = synth.play(index, options.seed + 1)
        start = time.perf_counter()
        ours = match(synth, target, steps=options.steps, n_starts=STARTS, n_survivors=SURVIVORS, seed=options.seed)
        n_renders = ours.n_renders
        found[MATCH]["loss"] += ours.loss.tolist()
        found[MATCH]["wall_s"] += time.perf_counter() - start

        common = (synth, SpectralDistance(target), len(target), n_renders)
        calls = {RANDOM: partial(random_search, *common, options.seed + 2 + first)}
        calls |= {name: partial(evolve, *common, options.seed, *search) for name, search in SEARCHES.items()}
        for name, call in calls.items():
            start = time.perf_counter()
            found[name]["loss"] += call().tolist()
            found[name]["wall_s"] += time.perf_counter() - start
    return found, n_renders


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=64, help="sounds to match")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a sound")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench_matching.json")
    options = parser.parse_args()

    found, n_renders = measure(options)
    about = provenance.machine()
    table = Table(
        title=f"Voice, {options.targets} sounds of {options.seconds:g} s at {RATE} Hz, {n_renders} renders each"
    )
    for column in ("method", "mean loss", f"of {RANDOM}: mean", "median", "seconds"):
        table.add_column(column, justify="left" if column == "method" else "right")
    figures = {}
    for name, row in found.items():
        loss = torch.tensor(row["loss"])
        ratio = loss / torch.tensor(found[RANDOM]["loss"])
        figures[name] = {
            "mean_loss": loss.mean().item(),
            "mean_ratio": ratio.mean().item(),
            "median_ratio": ratio.quantile(0.5).item(),
            **row,
        }
        means = [figures[name][key] for key in ("mean_loss", "mean_ratio", "median_ratio")]
        table.add_row(name, *(f"{mean:.3f}" for mean in means), f"{row['wall_s']:.0f}")
    table.caption = f"{about['cpu']}, {about['threads']} threads, torch {about['torch']}"
    Console().print(table)

    config = {name: getattr(options, name) for name in ("targets", "steps", "seconds")}
    config |= {"synth": "voice", "sample_rate": RATE, "starts": STARTS, "survivors": SURVIVORS, "renders": n_renders}
    config["sigma"] = {name: sigma for name, (_, sigma) in SEARCHES.items()}
    result = provenance.record(config, options.seed, figures)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
