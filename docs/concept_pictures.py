"""The pictures of docs/concepts.md: theta, index, delta and cause."""

from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor

import synths
from docs import spectrograms
from doppelganger import Gaussian, PairStream

SYNTH = {"sample_rate": 16000, "seconds": 1.0}
DELTAS = (0.0, 0.05, 0.1, 0.25, 0.5)
PITCH, PITCHES = "keyboard.midi_f0", (36, 48, 60, 72, 84)


@torch.no_grad()
def write(folder: Path) -> None:
    """Writes images/concept_NAME.png for each concept."""
    (folder / "images").mkdir(exist_ok=True)
    voice = synths.Voice(**SYNTH)
    for name, figure in {
        "theta": theta(voice),
        "index": index(voice),
        "delta": delta(voice),
        "cause": cause(),
    }.items():
        figure.savefig(folder / "images" / f"concept_{name}.png", dpi=90)


def theta(voice: synths.Synth) -> Figure:
    """Theta of four sounds as rows of numbers, above the sounds."""
    items = torch.arange(4)
    figure = Figure(figsize=(10, 4), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.4))
    axes = top.subplots()
    axes.imshow(voice.sample(items), aspect="auto", cmap="viridis", vmin=0, vmax=1)
    axes.set(yticks=range(4), ylabel="index", xlabel="column of theta (colour: 0 to 1)")
    _sounds(bottom, voice.play(items), [f"sound {i}" for i in items.tolist()])
    return figure


def index(voice: synths.Synth) -> Figure:
    """Sound 7 alone and in a batch, and sound 7 of another seed."""
    alone, batch = voice.play(torch.tensor([7])), voice.play(torch.tensor([3, 7, 12]))
    figure = Figure(figsize=(10, 2.4), layout="constrained")
    titles = ["seed 0, item 7, alone", "seed 0, item 7, in a batch", "seed 0, item 12", "seed 1, item 7"]
    _sounds(figure, torch.cat([alone, batch[1:], voice.play(torch.tensor([7]), seed=1)]), titles)
    return figure


def delta(voice: synths.Synth) -> Figure:
    """View a of one pair as delta grows."""
    views = [PairStream(voice, Gaussian(delta=value))(torch.tensor([13])).a for value in DELTAS]
    figure = Figure(figsize=(10, 2.4), layout="constrained")
    _sounds(figure, torch.cat(views), [f"delta {value:g}" for value in DELTAS])
    return figure


def cause() -> Figure:
    """One sound at five values of one parameter, all others equal."""
    sounds = [synths.Voice(**SYNTH, ranges={PITCH: pitch}).play(torch.tensor([13])) for pitch in PITCHES]
    figure = Figure(figsize=(10, 2.4), layout="constrained")
    _sounds(figure, torch.cat(sounds), [f"{PITCH} = {pitch}" for pitch in PITCHES])
    return figure


def _sounds(figure, sounds: Tensor, titles: list[str]) -> None:
    pictures = spectrograms.log_mels(sounds)
    for axes, picture, title in zip(figure.subplots(1, len(titles)), pictures, titles, strict=True):
        spectrograms.draw(axes, picture)
        axes.set_title(title, fontsize=9)
