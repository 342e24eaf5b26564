"""Score an encoder on labelled sounds, beside what it has to beat.

A pack is a folder with labels.csv (columns file,label,fold) and the sound files it names. Folds named
train, val and test are used so; any other folds are each held out once.

example:
  python -m doppelganger evaluate --encoder runs/quickstart/last.ckpt --packs my_sounds/
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from doppelganger.checkpoints import describe, load_encoder
from doppelganger.evaluation import evaluate, read_pack, synthetic_tasks
from doppelganger.evaluation.report import report_of, write_report
from doppelganger.evaluation.table import table_of


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--encoder", type=Path, required=True, metavar="CHECKPOINT", help="a checkpoint, or a folder with one"
    )
    parser.add_argument(
        "--packs",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="folders with labels.csv (default: hear the causes of held-out synthetic sounds, which needs no data)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where the report goes (default: evaluation/ beside the checkpoint)"
    )
    parser.add_argument("--strict", action="store_true", help="stop at a file that cannot be used, do not skip it")
    parser.add_argument("--seed", type=int, default=0, help="of random weights, held-out clips and bootstrap (0)")
    parser.add_argument("--device", default="cpu", help="where encoders run: cpu, cuda, ... (cpu)")


def run(args: Namespace) -> None:
    folder = args.out or (args.encoder if args.encoder.is_dir() else args.encoder.parent) / "evaluation"
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--out: expected a folder; {folder} is a file")
    _require_device(args.device)
    console, progress_console = Console(), Console(stderr=True)
    with progress_console.status("Getting ready"):
        encoder = load_encoder(args.encoder)
        if args.packs:
            tasks = [read_pack(pack, encoder.sample_rate) for pack in args.packs]
        else:
            tasks = synthetic_tasks(encoder.sample_rate, args.seed)

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=progress_console) as progress:
        results = evaluate(encoder, tasks, seed=args.seed, device=args.device, strict=args.strict, progress=progress)
    report = report_of(results, encoder=str(args.encoder), config=describe(encoder), seed=args.seed, device=args.device)
    json_path, html_path = write_report(report, folder, args.encoder.resolve().stem)

    console.print(table_of(results))
    for path in (json_path, html_path):
        console.print(str(path), soft_wrap=True, highlight=False, markup=False)


def _require_device(device: str) -> None:
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"--device: expected a device of this machine, such as cpu; got {device} ({reason})") from None
