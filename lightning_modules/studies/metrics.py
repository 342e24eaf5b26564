"""Metrics of a study: every public function here is one, and returns figures for each encoder it measures.

"trained" is the encoder of the row; its baselines are "random", the same with random weights, and "log_mel".
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import torch

from doppelganger import index_ranges
from doppelganger.embedding.identity import identity
from doppelganger.evaluation import EmbeddingCache, Task, evaluate, parameter_probes, read_task
from doppelganger.evaluation.baselines import with_baselines
from doppelganger.evaluation.synthetic import synthetic_tasks
from doppelganger.evaluation.training_clips import training_clips
from lightning_modules.command_line.cli import TrainingCLI
from synths.patterns.measures import smoothness, spectrum_slope

Figures = dict[str, dict[str, float]]

_POOLINGS = {"linear": "mean pooling", "attention": "attention pooling"}  # by protocol
_N_PICTURES = 256
_N_NOTES = 2000


def recordings(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """Accuracy of linear probes on packs, or on synthetic sounds if there are none, and their mean."""
    (probed,) = _probed(cli, _tasks(cli, packs), ["linear"]).values()
    return {name: {"accuracy": mean(scores.values()), **scores} for name, scores in probed.items()}


def choice(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """Accuracy of linear probes to choose by, their mean, and accuracy on the test clips of packs.

    The probes to choose by are those of synthetic sounds and of the training clips of all packs but the last.
    """
    tests = [read_task("pack", pack, cli.model.encoder.sample_rate) for pack in packs]
    tasks = [*synthetic_tasks(cli.model.encoder.sample_rate), *(training_clips(test) for test in tests[:-1])]
    (probed,) = _probed(cli, [*tasks, *tests], ["linear"]).values()
    return {name: {"choice": mean(scores[task.name] for task in tasks), **scores} for name, scores in probed.items()}


def pairs(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """Number of pairs trained on, over all ranks."""
    return {"trained": {"pairs": float(cli.datamodule.next_item - index_ranges.TRAIN)}}


def poolings(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """Accuracy of linear probes on the tasks of `recordings`, with mean pooling and with attention pooling."""
    figures: Figures = {}
    for protocol, probed in _probed(cli, _tasks(cli, packs), list(_POOLINGS)).items():
        pooling = _POOLINGS[protocol]
        for name, scores in probed.items():
            each = {f"{task}, {pooling}": score for task, score in scores.items()}
            figures[name] = figures.get(name, {}) | {pooling: mean(scores.values())} | each
    return figures


def _tasks(cli: TrainingCLI, packs: Sequence[str]) -> list[Task]:
    sample_rate = cli.model.encoder.sample_rate
    return [read_task("pack", pack, sample_rate) for pack in packs] or synthetic_tasks(sample_rate)


def _probed(cli: TrainingCLI, tasks: Sequence[Task], protocols: Sequence[str]) -> dict[str, Figures]:
    """Protocol -> encoder -> task -> score."""
    encoder = cli.model.encoder.cpu().eval()
    # One cache per study, beside the runs of its rows: the baselines are embedded once.
    cache = EmbeddingCache(Path("runs", cli.config.fit.name).parent / "embeddings.sqlite")
    scores: dict[str, Figures] = {protocol: {} for protocol in protocols}
    for task in evaluate(with_baselines(encoder), tasks, protocols, cache=cache):
        for protocol in protocols:
            for name, score in task["protocols"][protocol]["encoders"].items():
                scores[protocol].setdefault(name, {})[task["name"]] = score["score"]
    cache.forget(identity(encoder))  # no other row uses it
    return scores


def pictures(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """Median smoothness, and median slope of the spectrum, of the training spectrograms."""
    synth, encoder = cli.datamodule.synth, cli.model.encoder.cpu().eval()
    with torch.inference_mode():
        x = encoder.spectrogram(synth.play(torch.arange(_N_PICTURES)))[:, 0]
    return {"trained": {"smoothness": float(smoothness(x).median()), "slope": float(spectrum_slope(x).median())}}


def pitch_and_intensity(cli: TrainingCLI, packs: Sequence[str]) -> Figures:
    """R2 of linear probes of pitch and of level, and the angle between their weights, in degrees."""
    figures: Figures = {}
    for name, encoder in with_baselines(cli.model.encoder.cpu().eval()).items():
        found = parameter_probes.pitch_and_intensity(parameter_probes.embedder(encoder), encoder.sample_rate, _N_NOTES)
        scores = {attribute: probe["score"] for attribute, probe in found.items()}
        figures[name] = scores | {"apart_deg": found["pitch"]["apart_deg"]}
    return figures
