"""Cost of labels: a labeller's time for a batch, against a training step of the quick start's encoder on it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from rich.progress import track

import synths
from doppelganger import AudioEncoder
from doppelganger.frontends import LogMel
from doppelganger.labels.labeller import Labeller
from synths import provenance

BATCH_SIZE, N_ROUNDS = 64, 11
GOAL = 0.05
OUT = Path(__file__).parents[1] / "results" / "bench_labels.json"


def seconds(make: Callable[[int], object], name: str) -> float:
    """The median over rounds, after one that is not counted."""
    times = []
    for step in track(range(N_ROUNDS + 1), name):
        start = time.perf_counter()
        make(step)
        times.append(time.perf_counter() - start)
    return median(times[1:])


def measure() -> dict[str, float]:
    """Seconds a batch of 1-s sounds: of a step that learns tags by BCE, and of the labels, of two synths."""
    settings = {"sample_rate": 16000, "seconds": 1.0}
    voice = synths.find("voice", synths.AudioSynth)(control_rate=480, **settings)
    bank = synths.find("bank", synths.AudioSynth)(**settings)
    frontend = LogMel(hop_s=0.020, frame_multiple=16)  # as in configs/quickstart.yaml
    encoder = AudioEncoder(
        "resnet18", None, window_s=1.0, frontend=frontend, backbone_options={"zero_init_last": False}
    )
    times, index = {}, torch.arange(BATCH_SIZE)
    for name, synth in (("voice", voice), ("bank", bank)):
        theta, sound = synth.sample(index), synth.play(index)
        labeller = Labeller(synth)
        times[f"labels of {name}"] = seconds(
            lambda _, label=labeller, theta=theta, sound=sound: label(index, theta, sound), f"labels of {name}"
        )
    head = torch.nn.Linear(encoder.embedding_dim, len(labeller.tags))
    tags = labeller(index, theta, sound).tags.float()
    optimizer = torch.optim.AdamW([*encoder.parameters(), *head.parameters()], lr=1e-3)

    def step(number: int) -> None:
        with torch.no_grad():
            made = voice.play(number * BATCH_SIZE + index)
        torch.nn.functional.binary_cross_entropy_with_logits(head(encoder(made)), tags).backward()
        optimizer.step()
        optimizer.zero_grad()

    return {"training step": seconds(step, "training step"), **times}


def report(each: dict[str, float]) -> None:
    """Prints the times and writes results/bench_labels.json."""
    for name, time_s in each.items():
        share = time_s / each["training step"]
        print(f"{name:16s} {1e3 * time_s / BATCH_SIZE:7.3f} ms a sound, {share:6.1%} of a step")
    shares = {f"share of {name}": t / each["training step"] for name, t in each.items() if name != "training step"}
    print(f"the dearer labels: {max(shares.values()):.1%} of a step (goal: at most {GOAL:.0%})")
    figures = {**{f"seconds a batch, {name}": time_s for name, time_s in each.items()}, **shares}
    config = {"encoder": "that of configs/quickstart.yaml", "batch_size": BATCH_SIZE, "rounds": N_ROUNDS}
    OUT.write_text(json.dumps(provenance.record(config, 0, figures), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {OUT}")


if __name__ == "__main__":
    report(measure())
