"""Code shared by commands that embed sound files: a progress bar, names of skipped files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape

from doppelganger.embedding.audio import read_blocks
from doppelganger.embedding.embed import embed_clips
from doppelganger.embedding.read_ahead import ahead
from doppelganger.embedding.sound_files import text_of
from doppelganger.encoders import Encoder
from synths.command_line import usage
from synths.command_line.progress import track


def embedded(
    encoder: Encoder, paths: Sequence[Path], device: str, console: Console, quiet: bool
) -> Iterator[tuple[Path, np.ndarray]]:
    """Each usable file and its embedding, float32 (dim,), the mean over its windows; the others are named."""
    sounds = ahead(lambda path: read_blocks(path, encoder.sample_rate), paths)
    clips = embed_clips([encoder], sounds, device)
    for clip in track(clips, "Embedding", len(paths), quiet, console):
        if problem := clip.problem:
            skip(console, text_of(clip.name), problem)
        else:
            yield clip.name, clip.mean()


def skip(console: Console, name: str, reason: str) -> None:
    """Name a file that is left out, on one line."""
    console.print(f"[yellow]skipped[/] {escape(name)}: {escape(reason)}", soft_wrap=True, highlight=False)


def require_file(path: Path | None, suffix: str) -> None:
    """Check --out before the work.

    Raises:
        ValueError: a name with another suffix.
        UsageError: see `synths.command_line.usage.require_file`.
    """
    if path is None:
        return
    if path.suffix != suffix:
        raise ValueError(f"--out: expected a file that ends in {suffix}; got {path}")
    usage.require_file(path)
