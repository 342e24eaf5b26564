"""Share of each augmentation in a training step of configs/doppelganger/voice_augmented.yaml.

The other parts of the step are those of `benchmarks/training_step.py`, run in the same process.
"""

import json
import time
from pathlib import Path
from statistics import median

import torch
from training_step import BATCH_SIZE, measure

from doppelganger.augmentations import Chain, HighPass, ImpulseResponse, LowPass, PitchShift, TimeShift
from synths import provenance

N_STEPS = 3
CHAIN = Chain([HighPass(), LowPass(), PitchShift(), TimeShift(), ImpulseResponse()])
OUT = Path(__file__).parents[1] / "results" / "bench_augmentations.json"


@torch.no_grad()
def seconds(device: str) -> dict[str, float]:
    """Seconds of each augmentation for both views of a batch, medians over steps."""
    index = torch.arange(BATCH_SIZE, device=device)
    waveform = 0.2 * torch.randn(BATCH_SIZE, 16000, device=device)
    times: dict[str, list[float]] = {type(each).__name__: [] for each in CHAIN.augmentations}
    for step in range(N_STEPS + 1):
        for augmentation in CHAIN.augmentations:
            start = time.perf_counter()
            for view in "ab":
                augmentation(waveform, index, view)
            if device == "cuda":
                torch.cuda.synchronize()
            if step > 0:
                times[type(augmentation).__name__].append(time.perf_counter() - start)
    return {name: median(each) for name, each in times.items()}


if __name__ == "__main__":
    device = "cuda" if torch.cuda.is_available() else "cpu"
    parts, rest = seconds(device), measure(device)
    total = sum(parts.values()) + sum(rest.values())
    figures = {f"share of {name}": value / total for name, value in {**parts, **rest}.items()}
    figures["share of augmentation"] = sum(parts.values()) / total
    for name, value in figures.items():
        print(f"{name:28s} {value:6.1%}")
    config = {"config": "configs/doppelganger/voice_augmented.yaml", "batch_size": BATCH_SIZE, "steps": N_STEPS}
    result = provenance.record(config, 0, {**figures, "seconds of a step": total}, device)
    OUT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {OUT}")
