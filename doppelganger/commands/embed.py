"""Embed every sound file of a folder into one table.

Any format, rate, length and number of channels that libsndfile reads; linked files and folders are read too. One row
per file: path (below the folder), seconds, embedding (as in evaluate; of a long sound the mean over windows). With
--frames one row per frame: path, start_s, end_s, embedding; the last window ends where the sound does, so its frames
may overlap earlier ones. Unusable files are named and skipped.

--out FILE.tsv writes what TensorFlow's Embedding Projector loads: the vectors, and FILE_metadata.tsv. The Parquet table
is what embedding-atlas reads: `embedding-atlas FILE.parquet --vector embedding`.

Parts of 256 files are kept in FILE.parts while they are made: after an interruption the same command goes on. With
--processes or --ray parts are made at the same time; all machines must see the folder and FILE.

examples:
  python -m doppelganger embed sounds/ --encoder runs/quickstart --out embeddings.parquet
  python -m doppelganger embed sounds/ --out embeddings.tsv
  python -m doppelganger embed sounds/ --encoder small --frames --device cuda
  python -m doppelganger embed sounds/ --processes 8
  python -m doppelganger embed /shared/sounds/ --ray auto --out /shared/embeddings.parquet
"""

import shutil
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.console import Console

from doppelganger.commands._options import add_engine, engine_of
from doppelganger.commands._sounds import skip
from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.parquet import EmbeddingFile
from doppelganger.embedding.parts import Part, Work, join, parts_folder, parts_of, write_part
from doppelganger.embedding.projector import write_projector
from doppelganger.embedding.sound_files import sound_files
from doppelganger.finding import find_encoder
from synths.command_line.devices import add_device
from synths.command_line.progress import add_quiet, bars
from synths.command_line.usage import exiting_on_sigterm, naming, require_file


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="every sound file below it; or one sound file")
    parser.add_argument("--encoder", default="small", help="as in evaluate (%(default)s)")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", default=Path("embeddings.parquet"), help="output table (%(default)s)"
    )
    parser.add_argument("--frames", action="store_true", help="one row per frame instead of one per file")
    parser.add_argument("--strict", action="store_true", help="stop at an unusable file instead of skipping it")
    add_device(parser, "encoder")
    add_engine(parser)
    add_quiet(parser)


def run(args: Namespace) -> None:
    if args.out.suffix not in (".parquet", ".tsv"):
        raise ValueError(f"--out: expected a file that ends in .parquet or .tsv; got {args.out}")
    require_file(args.out)
    root = args.folder if args.folder.is_dir() else args.folder.parent
    files = sound_files(args.folder)
    with naming("--encoder", (ValueError, OSError)):
        encoder = find_encoder(args.encoder).to(args.device).eval()
    work = Work(encoder, root, args.frames, args.strict, args.device)
    with ExitStack() as stack:
        stack.enter_context(exiting_on_sigterm())
        with naming("--out", (ValueError, OSError)):
            folder = stack.enter_context(parts_folder(args.out))
        parts = parts_of(work, files, folder)
        _embed(work, parts, args)
        skipped = [pair for part in parts for pair in part.skipped()]
        if skipped and args.strict:  # an earlier run without --strict skipped it
            raise UnusableClip(": ".join(skipped[0]))
        console = Console(stderr=True)
        for path, reason in skipped:
            skip(console, path, reason)
        if len(skipped) == len(files):
            shutil.rmtree(folder)
            raise ValueError(f"expected sounds to embed; none of {len(files)} below {args.folder} is usable")
        about = {"encoder": Path(args.encoder).resolve().name, "recipe": encoder.recipe()}
        whole = args.out if args.out.suffix == ".parquet" else folder / "whole"
        with EmbeddingFile(whole, work.columns, work.dim, about) as table:
            join(parts, table)
        if whole != args.out:
            write_projector(whole, args.out)
        shutil.rmtree(folder)
    n_skipped = f", {len(skipped)} skipped" if skipped else ""
    print(f"{len(files) - len(skipped)} embedded{n_skipped}: {args.out}")


def _embed(work: Work, parts: list[Part], args: Namespace) -> None:
    """Write the parts that are not there yet."""
    missing = [part for part in parts if not part.is_there()]
    with bars(args.quiet) as progress:
        bar = progress.add_task("Embedding", total=sum(len(part.files) for part in parts))
        progress.advance(bar, sum(len(part.files) for part in parts if part not in missing))
        if engine := engine_of(args):
            for part in engine(partial(write_part, work), missing):
                progress.advance(bar, len(part.files))
        else:
            for part in missing:
                write_part(work, part, partial(progress.advance, bar))
