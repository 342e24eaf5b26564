"""Draw patterns, and spectrograms of sounds.

Eight pictures per row, of every pattern or of one synth: a pattern itself, or the spectrogram of a sound on a
logarithmic frequency axis. The label of a pattern gives its mean smoothness (0 is white noise, 1 is flat) and the mean
slope of its spectrum. Picture number i of a seed is always the same. Needs pip install 'doppelganger-audio[match]'.

examples:
  python -m synths gallery patterns --out gallery.png
  python -m synths gallery perlin -n 16 --seed 3 --set octaves=1:2 --out perlin.png
  python -m synths gallery modal --out modal.png
"""

import io
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from synths import files
from synths.command_line.usage import UsageError, naming, require_file
from synths.commands import _options
from synths.finding import catalogue, find
from synths.patterns import measures
from synths.patterns.pattern import Pattern
from synths.showing.spectrogram import spectrogram
from synths.synth import AudioSynth, Synth

_COLUMNS = 8
_N_BANDS, _N_FRAMES = 80, 208


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("synth", help=f"patterns, or {_options.SYNTH}")
    parser.add_argument("-n", type=_options.whole(1, 1024), default=_COLUMNS, help="pictures per synth (default: 8)")
    parser.add_argument("--seed", type=_options.whole(0), default=0, help="seed for all random draws (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("gallery.png"), help="a PNG file (default: gallery.png)")
    _options.add_ranges(parser)


def run(args: Namespace) -> None:
    with naming("gallery needs matplotlib; pip install 'doppelganger-audio[match]'", ImportError):
        import matplotlib.figure  # noqa: F401  (better now than after the rendering)
    if args.out.suffix != ".png":
        raise UsageError(f"--out {args.out}: expected a file that ends in .png")
    require_file(args.out)
    if args.synth != "patterns":
        synths = [_options.build(args)]
    elif args.set or args.preset:
        raise UsageError("--set, --preset: expected one synth; got patterns, which are several")
    else:
        synths = [find(name, Pattern)() for name in catalogue(Pattern)]
    with torch.no_grad():
        png = draw(synths, args.n, args.seed)
    with naming(f"--out {args.out}", OSError):
        args.out.parent.mkdir(parents=True, exist_ok=True)
        files.write(args.out, png)
    print(f"wrote {args.out}: {args.n} of {', '.join(synth.short_name() for synth in synths)}")


def draw(synths: Sequence[Synth], n: int = _COLUMNS, seed: int = 0) -> bytes:
    """A PNG of the first n pictures of every synth, eight in a row."""
    from matplotlib.figure import Figure

    n_columns = min(n, _COLUMNS)
    n_rows = -(-n // n_columns)
    height = n_rows * len(synths)
    figure = Figure(figsize=(1.6 * n_columns + 1.4, 0.8 * height + 0.2), layout="constrained")
    grid = iter(figure.subplots(height, n_columns, squeeze=False))
    for synth in synths:
        pictures, label = _pictures(synth, n, seed)
        for row, some in zip(range(n_rows), pictures.split(n_columns), strict=True):
            axes = next(grid)
            if row == 0:
                axes[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=7)
            for place in axes:
                place.set(xticks=[], yticks=[])
                place.spines[:].set_visible(False)
            for place, picture in zip(axes, some.cpu().numpy(), strict=False):
                place.imshow(picture, origin="lower", cmap="magma", vmin=-1, vmax=1, aspect="auto")
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    return data.getvalue()


def _pictures(synth: Synth, n: int, seed: int) -> tuple[Tensor, str]:
    """Pictures (n, height, width) in [-1, 1], and their label."""
    played = synth.play(torch.arange(n), seed)
    if isinstance(synth, AudioSynth):
        return 2 * spectrogram(played, synth.sample_rate, _N_BANDS, _N_FRAMES) - 1, synth.short_name()
    smoothness, slope = (measure(played).mean() for measure in (measures.smoothness, measures.spectrum_slope))
    return played, f"{synth.short_name()}\nsmoothness {smoothness:.2f}\nslope {slope:.1f}"
