"""Train a classifier of your own labels: one linear layer on a frozen encoder.

Labels come from FOLDER/labels.csv (columns file,label and, if you like, fold), or without one from the names of the
folders directly below FOLDER; if these are named train, val or test, they are folds, and the folders below are labels.
The accuracy is that of cross-validation: over the folds given, else over five random ones. Recordings of one speaker,
instrument or place belong in one fold, else the accuracy is too high. Unusable files and copies of a file are named and
skipped. The folder that is written holds all that classify needs, and a model card.

examples:
  python -m doppelganger train-classifier sounds/ --out model/
  python -m doppelganger classify new/ --model model/
"""

from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from doppelganger.checkpoints import load_encoder
from doppelganger.classification import training
from doppelganger.classification.card import lines_of, write_card
from doppelganger.classification.head import HEAD, save_head
from doppelganger.classification.labels import require_classes
from doppelganger.commands._sounds import skip
from doppelganger.embedding.sound_files import sound_files, text_of
from doppelganger.encoders import Encoder
from doppelganger.evaluation.task import NO_BYTES, Clip, Task, digest, task_of
from doppelganger.evaluation.task_embeddings import embed
from doppelganger.evaluation.tasks import pack
from doppelganger.export.about import about
from doppelganger.export.card import CARD
from doppelganger.export.formats import safetensors
from doppelganger.finding import TRANSFORMERS, find_encoder, is_foreign
from synths.command_line.devices import add_device
from synths.command_line.progress import add_quiet, bars
from synths.command_line.usage import naming, require_folder


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="labelled sounds")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="folder of the classifier")
    parser.add_argument(
        "--encoder", default="small", help="as in export, small (of the package), or transformers:FOLDER (%(default)s)"
    )
    add_device(parser, "encoder")
    add_quiet(parser)


def run(args: Namespace) -> None:
    _require_own_folder(args.out)
    if not args.folder.is_dir():
        raise ValueError(f"expected a folder of labelled sounds; got {args.folder}")
    with naming("--encoder", (ValueError, OSError)):
        encoder, source = _encoder(args.encoder)
        facts = about(encoder, source)
    console = Console(stderr=True)
    where = text_of(args.folder)
    clips = _without_copies(args.folder, _clips(args.folder, console), console)
    task = task_of(args.folder.resolve().name, args.folder, clips, encoder.sample_rate)
    labels, folds = [str(label) for label in task.labels], list(task.folds)
    require_classes(labels, where)
    training.rounds_of(labels, folds)  # an error in the folds costs no embedding
    embeddings, used = _embedded(encoder.to(args.device), task, args, console)
    labels, folds = ([values[i] for i in used] for values in (labels, folds))
    require_classes(labels, where)
    with bars(args.quiet, console) as progress:
        bar = progress.add_task("Cross-validation", total=None)
        scores = training.cross_validate(
            embeddings, labels, folds, lambda done, of: progress.update(bar, completed=done, total=of)
        )
        head = training.head_of(training.fit(embeddings, labels))
    with naming("--out", OSError):
        args.out.mkdir(parents=True, exist_ok=True)
        # A killed run leaves no card of another classifier, and a folder that the same command takes.
        (args.out / CARD).unlink(missing_ok=True)
        packed = safetensors.packed(encoder.cpu(), facts)
        save_head(args.out, head, scores, packed)
        safetensors.write(packed, args.out, facts)
        write_card(args.out, task.name, scores, facts)
    for line in lines_of(scores):
        Console().print(escape(line), highlight=False)
    print(args.out)


def _embedded(encoder: Encoder, task: Task, args: Namespace, console: Console) -> tuple[Any, Any]:
    """Embeddings (n_used, dim) of the clips of a task that can be used, and their numbers; the others are named."""
    with bars(args.quiet, console) as progress:
        step = partial(progress.advance, progress.add_task("Embedding", total=len(task)))
        embeddings, used, unusable = embed({"model": encoder}, task, device=args.device, on_clip=step)
    for clip in unusable:
        skip(console, text_of(Path(clip["clip"])), clip["reason"])
    return embeddings["model"].mean, used


def _encoder(name: str) -> tuple[Encoder, str | None]:
    """The encoder of a name, and the name of its checkpoint; None for one of transformers."""
    if name.startswith(TRANSFORMERS):
        return find_encoder(name), None
    if is_foreign(name):
        raise ValueError(
            f"expected an encoder whose weights a classifier's folder can hold; {name} is a class of another package: "
            "embed writes its embeddings to a table, for a classifier of your own"
        )
    return load_encoder(name), name


def _clips(folder: Path, console: Console) -> list[Clip]:
    table = folder / pack.TABLE
    if table.is_file():
        return pack.from_table(table)
    clips, unlabelled = pack.from_subfolders(folder, sound_files(folder))
    for path in unlabelled:
        skip(console, text_of(path.relative_to(folder)), "in no subfolder named by label")
    if not clips:
        raise ValueError(f"expected {table} or subfolders named by label; found neither")
    return clips


def _without_copies(folder: Path, clips: list[Clip], console: Console) -> list[Clip]:
    """The clips, of equal files the first alone: a copy in another fold would raise the accuracy."""
    first, kept = {}, []
    for clip in clips:
        found = digest(folder / clip.file)
        original = clip if found == NO_BYTES else first.setdefault(found, clip)
        if original.file == clip.file:
            kept.append(clip)
        elif original.label == clip.label:
            skip(console, text_of(Path(clip.file)), f"a copy of {text_of(Path(original.file))}")
        else:
            raise ValueError(
                f"expected one label for each sound; {text_of(Path(original.file))} ({original.label}) and "
                f"{text_of(Path(clip.file))} ({clip.label}) are the same: remove one of them"
            )
    return kept


def _require_own_folder(out: Path) -> None:
    require_folder(out)
    # A killed run leaves hidden files.
    holds_others = out.is_dir() and any(not path.name.startswith(".") for path in out.iterdir())
    if holds_others and not (out / HEAD).is_file():
        raise ValueError(f"--out: expected a new folder or that of a classifier; {out} holds other files")
