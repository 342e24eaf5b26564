"""Embed every sound file of a folder into one table.

Any format, rate, length and number of channels that libsndfile reads; linked files and folders are read too. One row
per file: path (below the folder), seconds, embedding (mean over windows side by side, as in evaluate). With --frames
one row per frame: path, start_s, end_s, embedding; the last window ends where the sound does, so its frames may
overlap earlier ones. Unusable files are named and skipped.

examples:
  python -m doppelganger embed sounds/ --encoder runs/quickstart --out embeddings.parquet
  python -m doppelganger embed sounds/ --encoder exported/ --frames --device cuda
"""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from doppelganger.commands._options import require_device
from doppelganger.embedding.audio import UnusableClip, is_sound_name, read_blocks
from doppelganger.embedding.embed import ClipEmbeddings, ahead, embed_clips
from doppelganger.embedding.parquet import EmbeddingFile
from doppelganger.encoders import Encoder
from doppelganger.finding import find_encoder
from synths.usage import naming

_COLUMNS = {"path": pa.string(), "seconds": pa.float64()}
_FRAME_COLUMNS = {"path": pa.string(), "start_s": pa.float64(), "end_s": pa.float64()}


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="every sound file below it; or one sound file")
    parser.add_argument("--encoder", default="small", help="as in evaluate (%(default)s)")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", default=Path("embeddings.parquet"), help="output table (%(default)s)"
    )
    parser.add_argument("--frames", action="store_true", help="one row per frame instead of one per file")
    parser.add_argument("--strict", action="store_true", help="stop at an unusable file instead of skipping it")
    parser.add_argument("--device", default="cpu", help="device of the encoder: cpu, cuda, ... (cpu)")


def run(args: Namespace) -> None:
    if args.out.suffix != ".parquet":
        raise ValueError(f"--out: expected a file that ends in .parquet; got {args.out}")
    root = args.folder if args.folder.is_dir() else args.folder.parent
    files = sound_files(args.folder)
    require_device(args.device)
    with naming("--encoder", (ValueError, OSError)):
        encoder = find_encoder(args.encoder).to(args.device).eval()
    about = {"encoder": Path(args.encoder).resolve().name, "recipe": encoder.recipe()}
    n_skipped = 0
    args.out.parent.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    bar = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with (
        EmbeddingFile(args.out, _FRAME_COLUMNS if args.frames else _COLUMNS, encoder.embedding_dim, about) as table,
        Progress(*bar, console=console) as progress,
    ):
        for clip, seconds in progress.track(_embed(encoder, files, args.device), len(files), description="Embedding"):
            # The bytes of a file name may not be UTF-8.
            path = clip.name.relative_to(root).as_posix().encode("utf-8", "replace").decode()
            reason = clip.error or (None if np.isfinite(clip.mean()).all() else "its embedding is not finite")
            if reason and args.strict:
                raise UnusableClip(f"{path}: {reason}")
            if reason:
                n_skipped += 1
                console.print(
                    f"[yellow]skipped[/] {escape(path)}: {escape(str(reason))}", soft_wrap=True, highlight=False
                )
            elif args.frames:
                for row in frames_of(clip, seconds, encoder.window_s):
                    table.add(path, *row)
            else:
                table.add(path, seconds, clip.mean())
        if n_skipped == len(files):
            raise ValueError(f"expected sounds to embed; none of {n_skipped} below {args.folder} is usable")
    skipped = f", {n_skipped} skipped" if n_skipped else ""
    Console().print(
        f"{len(files) - n_skipped} embedded{skipped}: {args.out}", soft_wrap=True, highlight=False, markup=False
    )


def sound_files(folder: Path) -> list[Path]:
    """All files below a folder whose names end like those of sound files, sorted; or the one file given.

    Hidden files and folders are left out. Links are followed, and each folder is read once.

    Raises:
        ValueError: there is none.
    """
    if folder.is_file():
        return [folder]
    files, links, seen = [], [folder], set()
    while links:
        # A folder that is reached by its own path and by a link keeps its own: links come last.
        for where, folders, names in os.walk(links.pop(0)):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            if (real := os.path.realpath(where)) in seen:
                folders.clear()
                continue
            seen.add(real)
            links += [Path(where, name) for name in folders if os.path.islink(os.path.join(where, name))]
            files += [Path(where, name) for name in names if not name.startswith(".") and is_sound_name(Path(name))]
    if not files:
        found = "has none" if folder.is_dir() else "does not exist"
        raise ValueError(f"expected a folder with sound files, such as .wav or .flac; {folder} {found}")
    return sorted(files)


def frames_of(clip: ClipEmbeddings, seconds: float, window_s: float) -> Iterator[tuple[float, float, np.ndarray]]:
    """Start and end in s, and embedding (dim,), of each frame of a sound.

    Args:
        clip: embeddings from `embed_clips`.
        seconds: length of the sound, in s; frames beyond it are padding and left out.
        window_s: length of a window, in s.
    """
    for number, ((_, frames),) in enumerate(clip.windows):
        start_s = max(min(number * window_s, seconds - window_s), 0.0)
        step_s = window_s / len(frames)
        for i, frame in enumerate(frames.numpy()):
            if start_s + i * step_s < seconds:
                yield start_s + i * step_s, min(start_s + (i + 1) * step_s, seconds), frame


def _embed(encoder: Encoder, files: list[Path], device: str) -> Iterator[tuple[ClipEmbeddings[Path], float]]:
    """Embeddings of each file, and its length in seconds."""
    n_samples: dict[Path, int] = {}

    def blocks(path: Path) -> Iterator[np.ndarray]:
        n_samples[path] = 0
        for block in read_blocks(path, encoder.sample_rate):
            n_samples[path] += len(block)
            yield block

    for clip in embed_clips([encoder], ahead(blocks, files), device):
        yield clip, n_samples.pop(clip.name) / encoder.sample_rate
