"""Pairs per second of small encoders in contrastive training, sounds included: one Voice, batches of 128, bfloat16.

CPU time, since other processes may run: pairs per CPU second of one core.
"""

import json
import time
from pathlib import Path
from statistics import median

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

import synths
from doppelganger import AudioEncoder, Gaussian, LogMel, PairStream
from doppelganger.augmentations import Chain, LogMixup, RandomFader, RandomResizeCrop
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.convolutional_encoder import byol_a_log_mel
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.objectives.masked_contrastive import MaskedContrastive
from doppelganger.objectives.objective import Objective
from synths import provenance

BATCH_SIZE, N_STEPS = 128, 5
OUT = Path(__file__).parents[1] / "results" / "bench_networks.json"


def objectives() -> dict[str, Objective]:
    """Each network with the quick start's loss, projection and augmentation; masked views are their own."""

    def contrastive(encoder: AudioEncoder | ConvolutionalEncoder) -> Contrastive:
        augmentation = Chain([LogMixup(), RandomResizeCrop(), RandomFader()])
        return Contrastive(encoder, NTXent(0.1), [512, 128], augmentation)

    def vit() -> AudioEncoder:
        options = {"patch_size": [16, 8], "depth": 6}
        return AudioEncoder("audio_vit_tiny", None, LogMel(frame_multiple=8), backbone_options=options)

    two_blocks = {"dim": None, "blocks": [2, 3], "pooling": ["max+mean", "deviation"]}
    return {
        "BYOL-A's convolutions": contrastive(ConvolutionalEncoder(**two_blocks)),
        "one, two and two a block (quick start)": contrastive(ConvolutionalEncoder(**two_blocks, depth=[1, 2, 2])),
        "two a block, 128 channels (small)": contrastive(ConvolutionalEncoder(**two_blocks, depth=2, channels=128)),
        "BYOL-A's convolutions and frame network": contrastive(ConvolutionalEncoder()),
        "ResNet18, hop of 20 ms": contrastive(AudioEncoder("resnet18", None, byol_a_log_mel())),
        "ConvNeXt atto, hop of 20 ms": contrastive(AudioEncoder("convnext_atto", None, byol_a_log_mel())),
        "ViT tiny, 6 layers": contrastive(vit()),
        "ViT tiny, masked views": MaskedContrastive(vit(), NTXent(0.1), projection_dims=[512, 128]),
    }


def seconds(objective: Objective, pairs: PairStream) -> tuple[float, float]:
    """CPU seconds of a step and of its sounds, medians over steps."""
    optimizer = torch.optim.AdamW(objective.parameters())
    objective.train()
    steps, sounds = [], []
    for step in range(N_STEPS + 1):
        start = time.process_time()
        with torch.no_grad():
            batch = pairs(torch.arange(step * BATCH_SIZE, (step + 1) * BATCH_SIZE))
        made = time.process_time()
        with torch.autocast("cpu", torch.bfloat16):
            loss = objective(batch)["loss"]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if step > 0:  # the first fills the caches
            steps.append(time.process_time() - start)
            sounds.append(made - start)
    return median(steps), median(sounds)


def main() -> None:
    """Measures every network, prints a table and writes results/bench_networks.json."""
    torch.set_num_threads(1)
    voice = synths.find("voice")(sample_rate=16000, seconds=1.0, control_rate=480.0)
    voice.compile()
    pairs = PairStream(voice, Gaussian(0.05))
    figures = {}
    for name, objective in track(objectives().items(), "networks"):
        step_s, sounds_s = seconds(objective, pairs)
        figures[name] = {
            "weights": sum(p.numel() for p in objective.encoder.parameters()),
            "pairs_per_cpu_s": BATCH_SIZE / step_s,
            "share_of_sounds": sounds_s / step_s,
        }
    table = Table("network", "weights", "pairs/s", "sounds")
    for name, row in figures.items():
        table.add_row(
            name, f"{row['weights'] / 1e6:.2f} M", f"{row['pairs_per_cpu_s']:.0f}", f"{row['share_of_sounds']:.0%}"
        )
    Console().print(table)
    config = {"synth": "voice", "batch_size": BATCH_SIZE, "steps": N_STEPS, "threads": 1, "precision": "bfloat16"}
    OUT.write_text(json.dumps(provenance.record(config, 0, figures), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {OUT}")


if __name__ == "__main__":
    main()
