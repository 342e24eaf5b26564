"""Time of a clip of AudioPG: ours in batches, against the released generator's arithmetic in numpy, clip by clip."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from rich.progress import track
from scipy import signal

import synths
from synths import provenance

SAMPLE_RATE, SECONDS = 16000, 10.24
BATCH_SIZE, N_CLIPS, N_ROUNDS = 32, 32, 11
GOAL = 20
OUT = Path(__file__).parents[1] / "results" / "bench_procedural.json"


def released(rng: np.random.Generator) -> np.ndarray:
    """One clip as the released generator makes it, in double precision and with all its partials that fold back."""
    n = round(SAMPLE_RATE * SECONDS)
    t = np.arange(n) / SAMPLE_RATE
    f0, mode = rng.uniform(50, 2000), rng.integers(3)
    if mode == 0:
        wave = np.zeros(n)
        for k in range(1, rng.integers(3, 16) + 1):
            level = rng.uniform(0.5, 1.2) / k ** rng.uniform(0.5, 1.5)
            hz = f0 * k * rng.uniform(0.995, 1.005)
            wave += level * np.sin(2 * np.pi * hz * t + rng.uniform(0, 2 * np.pi))
    elif mode == 1:
        ratio = rng.choice([0.5, 1, 1.5, 2, 2.5, 3.14])
        modulator = rng.uniform(0.5, 8) * np.sin(2 * np.pi * f0 * ratio * t)
        wave = np.sin(2 * np.pi * f0 * t + modulator)
    elif rng.random() < 0.5:
        wave = 2 * (t * f0 - np.floor(t * f0 + 0.5))
    else:
        wave = np.sign(np.sin(2 * np.pi * f0 * t))
    if rng.random() < 0.6:
        length = int(rng.uniform(0.01, 0.1) * SAMPLE_RATE)
        start = rng.integers(n - length + 1)
        wave[start : start + length] += rng.uniform(-1, 1, length) * rng.uniform(0.5, 2)
    clip, n_events = np.zeros(n), rng.integers(1, 6)
    for _ in range(n_events):
        length = int(rng.uniform(0.5, SECONDS / n_events) * SAMPLE_RATE)
        attack, decay = int(length * rng.uniform(0.01, 0.3)), int(length * rng.uniform(0.1, 0.4))
        rest = length - attack - decay
        envelope = np.concatenate([np.linspace(0, 1, attack), np.linspace(1, 0.6, decay), np.linspace(0.6, 0, rest)])
        cut, place = rng.integers(n - length + 1, size=2)
        clip[place : place + length] += wave[cut : cut + length] * envelope
    if rng.random() < 0.7:
        clip = signal.lfilter(*lowpass(rng.uniform(200, 6000)), clip)
    clip = clip + rng.uniform(-1, 1, n) * rng.uniform(0.001, 0.02)
    return clip / np.abs(clip).max()


def lowpass(cutoff_hz: float) -> tuple[list[float], list[float]]:
    """A biquad's coefficients, b and a. Source: Bristow-Johnson, Cookbook Formulae for Audio EQ, "LPF"."""
    w0 = 2 * np.pi * cutoff_hz / SAMPLE_RATE
    alpha, cos = np.sin(w0) / np.sqrt(2), np.cos(w0)
    return [(1 - cos) / 2, 1 - cos, (1 - cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]


def seconds(make: Callable[[int], object], n_clips: int, name: str) -> float:
    """Seconds a clip: the median over rounds, after one round that is not counted."""
    times = []
    for step in track(range(N_ROUNDS + 1), name):
        start = time.perf_counter()
        make(step)
        times.append((time.perf_counter() - start) / n_clips)
    return median(times[1:])


def measure() -> dict[str, float]:
    """Seconds a clip of the released generator, of ours eagerly and of ours compiled."""

    def batch(synth: synths.AudioSynth) -> Callable[[int], object]:
        return lambda step: synth.play(torch.arange(step * BATCH_SIZE, (step + 1) * BATCH_SIZE))

    eager, compiled = (synths.find("audiopg", synths.AudioSynth)() for _ in range(2))
    compiled.compile(dynamic=True)
    rng = np.random.default_rng(0)
    with torch.no_grad():
        # Every part is compiled, and every size of batch seen, before the clock runs.
        for step in range(N_ROUNDS + 1):
            batch(compiled)(step)
        return {
            "released": seconds(lambda _: [released(rng) for _ in range(N_CLIPS)], N_CLIPS, "released"),
            "eager": seconds(batch(eager), BATCH_SIZE, "eager"),
            "compiled": seconds(batch(compiled), BATCH_SIZE, "compiled"),
        }


def report(each: dict[str, float]) -> None:
    """Prints the times and writes results/bench_procedural.json."""
    for name, time_s in each.items():
        print(f"{name:9s} {1e3 * time_s:7.3f} ms a clip, {SECONDS / time_s:8.0f} times real time")
    ratio = each["released"] / min(each["eager"], each["compiled"])
    print(f"{ratio:.1f} times the released generator (goal: at least {GOAL})")
    figures = {**{f"seconds a clip, {name}": time_s for name, time_s in each.items()}, "ratio": ratio}
    config = {"sample_rate": SAMPLE_RATE, "seconds": SECONDS, "batch_size": BATCH_SIZE, "rounds": N_ROUNDS}
    OUT.write_text(json.dumps(provenance.record(config, 0, figures), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {OUT}")


if __name__ == "__main__":
    report(measure())
