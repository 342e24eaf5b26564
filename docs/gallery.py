"""The page that shows every pattern: pictures 0 to 7 of seed 0, drawn and measured when the docs are built."""

from pathlib import Path

import torch

import synths
from docs.docstrings import summary
from synths.commands import gallery
from synths.patterns import measures
from synths.patterns.pattern import Pattern

N, N_MEASURED = 8, 16

INTRO = f"""# Patterns

Synths of pictures in place of log-mel spectrograms, {{bands}} bands by {{frames}} frames: pictures 0 to {N - 1} of
seed 0 of every one, drawn at random and not chosen.

![{N} pictures of every pattern](gallery.png)

`python -m synths gallery patterns`

Measured on {N_MEASURED} pictures each, as mean ± standard deviation. Smoothness is 0 for white noise and 1 for a flat
picture (`synths.patterns.measures.smoothness`). Slope is that of log power against log spatial frequency: 0 for white
noise, steeper below 0 for what has little detail (`spectrum_slope`).

| pattern | parameters | smoothness | slope | what it draws |
|---|---|---|---|---|
"""


def row(name: str, synth: Pattern) -> str:
    """One pattern's line of the table."""
    pictures = synth.play(torch.arange(N_MEASURED))
    measured = (measure(pictures) for measure in (measures.smoothness, measures.spectrum_slope))
    cells = (f"{values.mean():.2f} ± {values.std():.2f}" for values in measured)
    return f"| {name} | {len(synth.space)} | {' | '.join(cells)} | {summary(synth)} |\n"


@torch.no_grad()
def write(folder: Path) -> None:
    """Writes gallery.md and its picture."""
    patterns = {name: cls() for name, cls in synths.catalogue(Pattern).items()}
    bands, frames = next(iter(patterns.values())).shape
    rows = "".join(row(name, synth) for name, synth in patterns.items())
    (folder / "gallery.md").write_text(INTRO.format(bands=bands, frames=frames) + rows, encoding="utf-8")
    (folder / "gallery.png").write_bytes(gallery.draw(list(patterns.values()), N))
