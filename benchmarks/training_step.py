"""Share of a training step that goes into making sounds and log-mels, with the published recipe."""

import json
import time
from pathlib import Path
from statistics import median

import torch
from rich.progress import track

import synths
from doppelganger import AudioEncoder, Gaussian, PairStream
from doppelganger.objectives.losses.alignment_uniformity import AlignmentUniformity
from synths import provenance

BATCH_SIZE, N_STEPS = 768, 5
OUT = Path(__file__).parents[1] / "results" / "bench_training_step.json"


def measure(device: str) -> dict[str, float]:
    """Times the parts of a step of configs/doppelganger/voice.yaml; returns seconds, medians over steps."""
    synth = synths.find("voice")(sample_rate=16000, seconds=1.0, control_rate=480, distribution="physical")
    synth.compile()
    pairs, encoder = PairStream(synth, Gaussian(0.25)), AudioEncoder().to(device)
    objective, optimizer = AlignmentUniformity(), torch.optim.SGD(encoder.parameters(), lr=0.36, weight_decay=1e-6)

    def now() -> float:
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    times: dict[str, list[float]] = {"sounds": [], "log-mels": [], "encoder and loss": []}
    for step in track(range(N_STEPS + 1), "training steps"):
        start = now()
        with torch.no_grad():
            batch = pairs(torch.arange(step * BATCH_SIZE, (step + 1) * BATCH_SIZE, device=device))
            made = now()
            picture = encoder.frontend(torch.cat([batch.a, batch.b]))
        seen = now()
        objective(*encoder.backbone(picture).chunk(2))["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
        done = now()
        if step > 0:  # the first compiles
            for part, seconds in zip(times, (made - start, seen - made, done - seen), strict=True):
                times[part].append(seconds)
    return {part: median(seconds) for part, seconds in times.items()}


def report(parts: dict[str, float], device: str) -> None:
    """Prints the parts of a step and writes results/bench_training_step.json."""
    total = sum(parts.values())
    shares = {f"share of {part}": seconds / total for part, seconds in parts.items()}
    figures = {**{f"seconds of {part}": seconds for part, seconds in parts.items()}, **shares}
    for part, seconds in parts.items():
        print(f"{part:18s} {seconds:7.2f} s  {seconds / total:6.1%}")
    print(f"sounds and log-mels: {1 - parts['encoder and loss'] / total:.1%} of a step (goal: at most 15 %)")
    config = {"config": "configs/doppelganger/voice.yaml", "batch_size": BATCH_SIZE, "steps": N_STEPS}
    result = provenance.record(config, 0, figures, device)
    OUT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {OUT}")


if __name__ == "__main__":
    device = "cuda" if torch.cuda.is_available() else "cpu"
    report(measure(device), device)
