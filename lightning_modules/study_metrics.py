"""What a study asks: every public function here is a question, with figures for each encoder it asks.

"trained" is the encoder of the row; "random", the same with random weights, and "log_mel" are what it has to beat.
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import torch

from doppelganger.evaluation import EmbeddingCache, causes, evaluate, read_task
from doppelganger.evaluation.baselines import with_baselines
from doppelganger.evaluation.cache import identity
from doppelganger.evaluation.synthetic import synthetic_tasks
from lightning_modules.cli import TrainingCLI
from synths.patterns.measures import smoothness, spectrum_slope

Figures = dict[str, dict[str, float]]

_POOLINGS = {"linear": "mean pooling", "attention": "attention pooling"}  # by the protocol that asks
_N_PICTURES = 256
_N_NOTES = 2000


def recordings(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """Linear probes of packs, or of synthetic sounds where there are none, and the mean of all: accuracy."""
    (probed,) = _probed(cli, packs, ["linear"]).values()
    return {name: {"accuracy": mean(scores.values()), **scores} for name, scores in probed.items()}


def poolings(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """Linear probes of the same tasks as in `recordings` under mean and under attention pooling: accuracy of both."""
    figures: Figures = {}
    for protocol, probed in _probed(cli, packs, list(_POOLINGS)).items():
        pooling = _POOLINGS[protocol]
        for name, scores in probed.items():
            each = {f"{task}, {pooling}": score for task, score in scores.items()}
            figures[name] = figures.get(name, {}) | {pooling: mean(scores.values())} | each
    return figures


def _probed(cli: TrainingCLI, packs: Sequence[str], protocols: Sequence[str]) -> dict[str, Figures]:
    """Scores of every encoder on every task, protocol by protocol."""
    encoder = cli.model.encoder.cpu().eval()
    tasks = [read_task("pack", pack, encoder.sample_rate) for pack in packs] or synthetic_tasks(encoder.sample_rate)
    # The study's: what a row has to beat is heard once.
    folder = Path(cli.trainer.log_dir or ".").absolute().parents[1]
    cache = EmbeddingCache(folder / "embeddings.sqlite")
    scores: dict[str, Figures] = {protocol: {} for protocol in protocols}
    for task in evaluate(with_baselines(encoder), tasks, protocols, cache=cache):
        for protocol in protocols:
            for name, score in task["protocols"][protocol]["encoders"].items():
                scores[protocol].setdefault(name, {})[task["name"]] = score["score"]
    cache.forget(identity(encoder))  # no other row has it
    return scores


def pictures(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """How smooth the pictures are that were learned from, and how steep their spectrum: medians."""
    synth, encoder = cli.datamodule.synth, cli.model.encoder.cpu().eval()
    with torch.inference_mode():
        seen = encoder.spectrogram(synth.play(torch.arange(_N_PICTURES)))[:, 0]
    return {"trained": {"smoothness": float(smoothness(seen).median()), "slope": float(spectrum_slope(seen).median())}}


def pitch_and_intensity(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """How linearly fundamental and level can be read (R2), and how far apart the two directions lie, in degrees."""
    figures: Figures = {}
    for name, encoder in with_baselines(cli.model.encoder.cpu().eval()).items():
        found = causes.pitch_and_intensity(causes.embedder(encoder), encoder.sample_rate, _N_NOTES)
        scores = {cause: answer["score"] for cause, answer in found.items()}
        figures[name] = scores | {"apart_deg": found["pitch"]["apart_deg"]}
    return figures
