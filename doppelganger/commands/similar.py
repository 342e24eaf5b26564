"""Find the sounds of a folder that are most similar to a sound.

Similarity is the cosine of two embeddings, from -1 to 1; the embedding of a long sound is the mean over its windows.
In a folder of ten sounds or more it is measured from the folder's mean embedding, so that 0 is an average sound.
The sound itself is left out, unusable files are named and skipped. --out writes a page that plays the sounds.

examples:
  python -m doppelganger similar kick.wav --in sounds/
  python -m doppelganger similar kick.wav --in sounds/ --top 20 --out similar.html
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from doppelganger.commands._sounds import embedded, require_file
from doppelganger.commands._tables import ranking
from doppelganger.embedding.audio import read_blocks
from doppelganger.embedding.embed import embed_clips
from doppelganger.embedding.read_ahead import ahead
from doppelganger.embedding.sound_files import sound_files, text_of
from doppelganger.encoders import Encoder
from doppelganger.finding import find_encoder
from synths.command_line.devices import add_device
from synths.command_line.progress import add_quiet
from synths.command_line.usage import naming

# Sounds from which the folder's mean embedding is subtracted. With the first `small`, 71.6 % of the ten nearest sounds
# in folds 1 to 4 of ESC-10 were then of the same class; 71.1 % by plain cosines, 71.3 % by standardised embeddings. On
# spoken digits of other speakers it was 44.0 %; 45.5 % by plain cosines, 38.6 % by standardised embeddings.
_ENOUGH = 10


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="sound to compare with")
    parser.add_argument("--in", required=True, type=Path, dest="folder", metavar="FOLDER", help="folder of sounds")
    parser.add_argument("--encoder", default="small", help="as in evaluate (%(default)s)")
    parser.add_argument("--top", type=int, default=10, help="number of sounds to show (10)")
    parser.add_argument("--out", type=Path, metavar="HTML", help="page with the sounds (none)")
    add_device(parser, "encoder")
    add_quiet(parser)


def run(args: Namespace) -> None:
    if args.top < 1:
        raise ValueError(f"--top: expected at least 1; got {args.top}")
    require_file(args.out, ".html")
    if not args.file.is_file():
        raise FileNotFoundError(f"expected a sound file to compare with; there is no file {args.file}")
    with naming("--in"):
        if not args.folder.is_dir():
            raise ValueError(f"expected a folder of sounds; got {args.folder}")
        paths = [path for path in sound_files(args.folder) if not _is_same(path, args.file)]
        if not paths:
            raise ValueError(f"expected other sounds than {args.file} in {args.folder}; there is none")
    with naming("--encoder", (ValueError, OSError)):
        encoder = find_encoder(args.encoder).to(args.device).eval()
    wanted = _embedding(encoder, args.file, args.device)
    rows = dict(embedded(encoder, paths, args.device, Console(stderr=True), args.quiet))
    if not rows:
        raise ValueError(f"--in: expected sounds to compare with; none of {len(paths)} below {args.folder} is usable")
    similarities = similarities_of(wanted, np.stack(list(rows.values())))
    found = sorted(zip(similarities.tolist(), rows, strict=True), key=lambda row: -row[0])[: args.top]
    Console().print(ranking((each, text_of(path.relative_to(args.folder))) for each, path in found))
    if args.out:
        _write_page(args, found)


def similarities_of(wanted: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """Cosine of one embedding (dim,) and each of others (n, dim), from the others' mean where they are ten or more."""
    origin = embeddings.mean(axis=0) if len(embeddings) >= _ENOUGH else np.zeros_like(wanted)
    # Equal sounds differ from their mean by rounding errors, whose directions mean nothing.
    smallest = max(1e-5 * float(np.linalg.norm(wanted)), 1e-12)
    lengths = [np.linalg.norm(x - origin, axis=-1).clip(min=smallest) for x in (wanted, embeddings)]
    return (embeddings - origin) @ (wanted - origin) / (lengths[0] * lengths[1])


def _embedding(encoder: Encoder, file: Path, device: str) -> np.ndarray:
    (clip,) = embed_clips([encoder], ahead(lambda path: read_blocks(path, encoder.sample_rate), [file]), device)
    if problem := clip.problem:
        raise ValueError(f"{file}: {problem}")
    return clip.mean()


def _is_same(path: Path, file: Path) -> bool:
    return path.exists() and path.samefile(file)


def _write_page(args: Namespace, found: Sequence[tuple[float, Path]]) -> None:
    try:
        from doppelganger.evaluation.report.similar import write_page
    except ImportError as error:
        raise ValueError(f"--out needs {error.name}: pip install 'doppelganger-audio[train]'") from None
    rows = [(similarity, text_of(path.relative_to(args.folder)), path) for similarity, path in found]
    with naming("--out", OSError):
        args.out.parent.mkdir(parents=True, exist_ok=True)
        write_page(args.out, args.file, rows, folder=text_of(args.folder), encoder=args.encoder)
    print(args.out)
