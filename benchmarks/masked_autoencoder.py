"""A training step of masked autoencoders by size: time, memory, what masking saves, and what patterns cost beside it.

python benchmarks/masked_autoencoder.py [--device cuda]
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import torch
from rich.progress import track

import synths
from doppelganger import AudioEncoder, LogMel
from doppelganger.encoders.masking import RandomMasking
from doppelganger.objectives.masked_autoencoder import MaskedAutoencoder
from doppelganger.streams.sounds import Sounds
from synths import provenance
from synths.patterns.pattern import Pattern

N_MELS, N_FRAMES, BATCH_SIZE, N_STEPS = 80, 208, 64, 3
# Those of configs/mae/quickstart.yaml, configs/mae/voice.yaml and configs/mae/msm_mae.yaml: width, depth, heads.
DECODERS = {"tiny": (128, 2, 4), "small": (256, 4, 8), "base": (384, 4, 6)}
ALL = 1e-6  # hides a single patch: the loss needs one
OUT = Path(__file__).parents[1] / "results" / "bench_masked_autoencoder.json"


def seconds_of(work: Callable[[], object], device: str) -> float:
    """Median time of a call, after one that warms up."""

    def timed() -> float:
        start = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    timed()
    return median(timed() for _ in range(N_STEPS))


def step(size: str, ratio: float, device: str) -> dict[str, float]:
    """Seconds a picture, and the most memory beyond what the process had: in a process of its own."""
    encoder = AudioEncoder(f"audio_vit_{size}", None, LogMel(n_mels=N_MELS), backbone_options={"n_bands": N_MELS})
    dim, depth, heads = DECODERS[size]
    decoder = {"decoder_dim": dim, "decoder_depth": depth, "decoder_heads": heads}
    mae = MaskedAutoencoder(encoder, RandomMasking(ratio), **decoder).to(device)
    optimizer = torch.optim.AdamW(mae.parameters())
    index = torch.arange(BATCH_SIZE, device=device)
    batch = Sounds(index, index[:, None], torch.randn(BATCH_SIZE, N_MELS, N_FRAMES, device=device))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def train() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            loss = mae(batch)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    seconds = seconds_of(train, device) / BATCH_SIZE
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else (after - before) / 2**10
    return {"ms_a_picture": 1e3 * seconds, "memory_mb": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    device = parser.parse_args().device
    figures: dict[str, dict[str, float]] = {}
    for size in track(DECODERS, "training steps"):
        for name, ratio in (("75 % hidden", 0.75), ("nothing hidden", ALL)):
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                figures[f"{size}, {name}"] = alone.submit(step, size, ratio, device).result()
        masked, whole = (figures[f"{size}, {name}"]["ms_a_picture"] for name in ("75 % hidden", "nothing hidden"))
        figures[f"{size}, 75 % hidden"]["share_of_a_step_with_nothing_hidden"] = masked / whole
        print(f"{size:6s} {masked:7.1f} ms a picture, {masked / whole:.0%} of {whole:.1f} (goal: at most 45 %)")
    small = figures["small, 75 % hidden"]["ms_a_picture"]
    index = torch.arange(BATCH_SIZE, device=device)
    for name, cls in track(list(synths.catalogue(Pattern).items()), "patterns"):
        pattern = cls(n_mels=N_MELS, n_frames=N_FRAMES)
        with torch.no_grad():
            ms = 1e3 * seconds_of(lambda pattern=pattern: pattern.play(index), device) / BATCH_SIZE
        figures[name] = {"ms_a_picture": ms, "share_of_a_step_of_small": ms / small}
        print(f"{name:20s} {ms:7.2f} ms a picture, {ms / small:.0%} of a step of small (goal: at most 25 %)")
    config = {"n_mels": N_MELS, "n_frames": N_FRAMES, "batch_size": BATCH_SIZE, "steps": N_STEPS, "decoders": DECODERS}
    result = provenance.record(config, 0, figures, device)
    OUT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {OUT}")


if __name__ == "__main__":
    main()
