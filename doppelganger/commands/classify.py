"""Classify sounds with a classifier that train-classifier has written.

Prints the likeliest label of each file and its probability; with --out these go to a table, and the number of files of
each label is printed. Every sound gets one of the classifier's labels, whatever it is. Unusable files are named and
skipped.

examples:
  python -m doppelganger train-classifier sounds/ --out model/
  python -m doppelganger classify new/ --model model/
  python -m doppelganger classify a.wav b.flac --model model/ --out labels.csv
"""

import csv
import io
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path

import torch
from rich.console import Console

from doppelganger.classification.head import load_classifier
from doppelganger.commands._sounds import embedded, require_file
from doppelganger.commands._tables import table
from doppelganger.embedding.sound_files import sound_files, text_of
from synths import files
from synths.command_line.devices import add_device
from synths.command_line.progress import add_quiet
from synths.command_line.usage import naming


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", help="sound files, or folders of them")
    parser.add_argument("--model", required=True, type=Path, metavar="FOLDER", help="--out of train-classifier")
    parser.add_argument("--out", type=Path, metavar="CSV", help="table: file, label, probability (none)")
    add_device(parser, "encoder")
    add_quiet(parser)


def run(args: Namespace) -> None:
    require_file(args.out, ".csv")
    for path in args.files:
        if not path.exists():
            raise FileNotFoundError(f"expected sound files or folders; there is no {path}")
    paths = list(dict.fromkeys(path for given in args.files for path in sound_files(given)))
    with naming("--model", (ValueError, OSError)):
        encoder, head = load_classifier(args.model)
    rows = []
    for path, embedding in embedded(encoder.to(args.device), paths, args.device, Console(stderr=True), args.quiet):
        probability, number = head.probabilities(torch.from_numpy(embedding)).max(dim=-1)
        rows.append((text_of(path), head.labels[int(number)], float(probability)))
    if not rows:
        raise ValueError(f"expected sounds to classify; none of {len(paths)} is usable")
    console = Console()
    if args.out:
        with naming("--out", OSError):
            _write(args.out, rows)
        counts = Counter(label for _, label, _ in rows)
        console.print(table(("label", "files"), [(label, str(n)) for label, n in counts.most_common()], {"files"}))
        print(args.out)
    else:
        cells = ((file, label, f"{probability:.2f}") for file, label, probability in rows)
        console.print(table(("file", "label", "probability"), cells, {"probability"}))


def _write(path: Path, rows: list[tuple[str, str, float]]) -> None:
    content = io.StringIO(newline="")
    table = csv.writer(content)
    table.writerow(["file", "label", "probability"])
    table.writerows((file, label, f"{probability:.4f}") for file, label, probability in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, content.getvalue())
