"""Embed every sound file of a folder, in one table.

Any format, rate, length and number of channels that libsndfile reads. A row a file: path (below the folder),
seconds, embedding, as evaluate makes it: the mean over windows side by side. With --frames a row a stretch of
time: path, start_s, end_s, embedding; the last window of a sound ends where the sound does, so its stretches may
overlap those before. Files that cannot be used are named and left out.

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
import soundfile
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from doppelganger.embedding.audio import UnusableClip, read_blocks
from doppelganger.embedding.embed import ClipEmbeddings, ahead, embed_clips
from doppelganger.embedding.parquet import EmbeddingFile
from doppelganger.encoders import Encoder
from doppelganger.finding import find_encoder, require_device
from synths.usage import naming

# Other names of the formats that soundfile lists.
_SUFFIXES = {".aif", ".aifc", ".oga", ".opus", ".wave"}
_COLUMNS = {"path": pa.string(), "seconds": pa.float64()}
_FRAME_COLUMNS = {"path": pa.string(), "start_s": pa.float64(), "end_s": pa.float64()}


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="every sound file below it; or one sound file")
    parser.add_argument("--encoder", required=True, help="as in evaluate")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", default=Path("embeddings.parquet"), help="the table (%(default)s)"
    )
    parser.add_argument("--frames", action="store_true", help="a row a stretch of time, not a row a file")
    parser.add_argument("--strict", action="store_true", help="stop at a file that cannot be used, do not skip it")
    parser.add_argument("--device", default="cpu", help="where the encoder runs: cpu, cuda, ... (cpu)")


def run(args: Namespace) -> None:
    if args.out.suffix != ".parquet":
        raise ValueError(f"--out: expected a file that ends in .parquet; got {args.out}")
    root = args.folder if args.folder.is_dir() else args.folder.parent
    files = sound_files(args.folder)
    with naming("--device"):
        require_device(args.device)
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
        for heard, seconds in progress.track(_hear(encoder, files, args.device), len(files), description="Listening"):
            # A file's name may be no text, which a table cannot hold.
            path = heard.name.relative_to(root).as_posix().encode("utf-8", "replace").decode()
            reason = heard.error or (None if np.isfinite(heard.mean()).all() else "its embedding is not finite")
            if reason and args.strict:
                raise UnusableClip(f"{path}: {reason}")
            if reason:
                n_skipped += 1
                console.print(
                    f"[yellow]skipped[/] {escape(path)}: {escape(str(reason))}", soft_wrap=True, highlight=False
                )
            elif args.frames:
                for row in frames_of(heard, seconds, encoder.window_s):
                    table.add(path, *row)
            else:
                table.add(path, seconds, heard.mean())
        if n_skipped == len(files):
            raise ValueError(f"expected sounds to embed; none of {n_skipped} below {args.folder} is usable")
    skipped = f", {n_skipped} skipped" if n_skipped else ""
    Console().print(
        f"{len(files) - n_skipped} embedded{skipped}: {args.out}", soft_wrap=True, highlight=False, markup=False
    )


def sound_files(folder: Path) -> list[Path]:
    """Every file below a folder that is sound by its name, hidden ones left out, in order; or the one file given.

    Raises:
        ValueError: there is none.
    """
    if folder.is_file():
        return [folder]
    suffixes = _SUFFIXES | {f".{name.lower()}" for name in soundfile.available_formats()}
    files = sorted(
        Path(where, name)
        for where, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in suffixes and not name.startswith(".")
    )
    if not files:
        raise ValueError(f"expected a folder with sound files, such as .wav or .flac; got {folder}")
    return files


def frames_of(heard: ClipEmbeddings, seconds: float, window_s: float) -> Iterator[tuple[float, float, np.ndarray]]:
    """The stretches of time that a sound was heard in: start and end in s, and embedding (dim,).

    Args:
        heard: from `listen`.
        seconds: length of the sound; stretches beyond it are silence that was added, and left out.
        window_s: length of a window.
    """
    for number, ((_, frames),) in enumerate(heard.windows):
        start_s = max(min(number * window_s, seconds - window_s), 0.0)
        step_s = window_s / len(frames)
        for i, frame in enumerate(frames.numpy()):
            if start_s + i * step_s < seconds:
                yield start_s + i * step_s, min(start_s + (i + 1) * step_s, seconds), frame


def _hear(encoder: Encoder, files: list[Path], device: str) -> Iterator[tuple[ClipEmbeddings[Path], float]]:
    """What was heard of each file, and its length in seconds."""
    n_samples: dict[Path, int] = {}

    def blocks(path: Path) -> Iterator[np.ndarray]:
        n_samples[path] = 0
        for block in read_blocks(path, encoder.sample_rate):
            n_samples[path] += len(block)
            yield block

    for heard in embed_clips([encoder], ahead(blocks, files), device):
        yield heard, n_samples.pop(heard.name) / encoder.sample_rate
