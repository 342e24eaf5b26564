"""The page of sounds of every synth: sounds 0 to 7 of seed 0, rendered when the docs are built."""

from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

import synths
from docs.docstrings import summary
from docs.players import player

N, RATE, SECONDS = 8, 22050, 1.5

INTRO = f"# Listen\n\nSounds 0 to {N - 1} of seed 0 of every synth, {SECONDS:g} s each, drawn at random and not chosen."


def demo(folder: Path, name: str, cls: type[synths.AudioSynth]) -> str:
    """One synth's section; its sounds and their picture are written beside the page."""
    synth = cls(sample_rate=RATE, seconds=SECONDS)
    sounds = synth.play(torch.arange(N)).numpy()
    _draw(sounds, folder / "demos" / f"{name}.png")
    command = f"python -m synths render {name} -n {N} --sample-rate {RATE} --seconds {SECONDS}"
    return "\n\n".join(
        (
            f"## {cls.__name__}",
            summary(cls),
            f"![Spectrograms of eight sounds of {cls.__name__}](demos/{name}.png)",
            player(folder, f"demos/{name}", sounds.reshape(-1), RATE),
            f"`{command}`",
        )
    )


def _draw(sounds: np.ndarray, path: Path) -> None:
    figure = Figure(figsize=(12, 2.2), layout="constrained")
    for axes, sound in zip(figure.subplots(1, N, sharey=True), sounds, strict=True):
        with np.errstate(divide="ignore"):  # silence is -inf dB
            axes.specgram(sound, NFFT=1024, noverlap=768, Fs=RATE / 1000, vmin=-110, vmax=-20)
        axes.set_xticks([])
        axes.set_facecolor(axes.images[0].get_cmap()(0.0))
    figure.axes[0].set_ylabel("kHz")
    figure.savefig(path, dpi=80)


@torch.no_grad()
def write(folder: Path) -> None:
    """Writes demos.md, and a picture and a file of sounds for each synth."""
    (folder / "demos").mkdir()
    sections = [demo(folder, name, cls) for name, cls in synths.catalogue(synths.AudioSynth).items()]
    (folder / "demos.md").write_text("\n\n".join([INTRO, *sections]) + "\n", encoding="utf-8")
