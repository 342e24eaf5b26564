"""Draw docs/images/doppelgangers.png, the picture of the README: python -m docs.readme_picture"""

from pathlib import Path

import torch
from matplotlib.figure import Figure
from PIL import Image

import synths
from docs import spectrograms
from synths import random

# A sound of each synth that has something to see, by its index.
SOUNDS = {"voice": 13, "formant": 13, "subtractive": 14}
DELTAS = (0.02, 0.05, 0.1)
OUT = Path(__file__).parent / "images" / "doppelgangers.png"


def pictures(name: str, index: int) -> dict[str, torch.Tensor]:
    """Log-mels (n_bands, n_frames) of a sound, of doppelgängers at rising delta, and of another sound."""
    synth = synths.find(name)(sample_rate=16000, seconds=1.0)
    item = torch.tensor([index])
    theta, key = synth.sample(item), synth.noise_key(item)
    step = random.normal(item, theta.shape[1], seed=0, stream="picture")
    thetas = {"sound": theta} | {f"delta {delta:g}": (theta + delta * step).clamp(0, 1) for delta in DELTAS}
    thetas["another sound"] = synth.sample(item + 1)
    return {title: spectrograms.log_mels(synth.render(theta, key))[0] for title, theta in thetas.items()}


def main() -> None:
    """Writes the picture: one row per synth, one column per distance from its sound."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots(len(SOUNDS), 2 + len(DELTAS))
    for row, (name, index) in zip(axes, SOUNDS.items(), strict=True):
        for place, (title, picture) in zip(row, pictures(name, index).items(), strict=True):
            spectrograms.draw(place, picture)
            if name == next(iter(SOUNDS)):
                place.set_title(title)
        row[0].set_ylabel(name)
    figure.savefig(OUT, dpi=90)
    Image.open(OUT).convert("RGB").quantize(96).save(OUT, optimize=True)  # a third of the size


if __name__ == "__main__":
    main()
