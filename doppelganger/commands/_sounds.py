"""Code shared by commands that embed sound files: a progress bar, names of skipped files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape

from doppelganger.embedding.audio import read_blocks
from doppelganger.embedding.embed import ahead, embed_clips
from doppelganger.embedding.sound_files import text_of
from doppelganger.encoders import Encoder
from synths.progress import track


def embedded(
    encoder: Encoder, paths: Sequence[Path], device: str, console: Console, quiet: bool
) -> Iterator[tuple[Path, np.ndarray]]:
    """Each usable file and its embedding, float32 (dim,), the mean over its windows; the others are named."""
    sounds = ahead(lambda path: read_blocks(path, encoder.sample_rate), paths)
    clips = embed_clips([encoder], sounds, device)
    for clip in track(clips, "Embedding", len(paths), quiet, console):
        if clip.problem:
            skip(console, text_of(clip.name), clip.problem)
        else:
            yield clip.name, clip.mean()


def skip(console: Console, name: str, reason: str) -> None:
    """Name a file that is left out, on one line."""
    console.print(f"[yellow]skipped[/] {escape(name)}: {escape(reason)}", soft_wrap=True, highlight=False)


def require_file(path: Path | None, suffix: str) -> None:
    """Check --out.

    Raises:
        ValueError: a name with another suffix, or a folder.
    """
    if path is not None and path.suffix != suffix:
        raise ValueError(f"--out: expected a file that ends in {suffix}; got {path}")
    if path is not None and path.is_dir():
        raise ValueError(f"--out: expected a file; {path} is a folder")
