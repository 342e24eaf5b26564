"""Score one or more encoders and their baselines on labelled sounds.

Public data sets are read as their archives unpack; a pack is any folder with labels.csv (columns file,label and, if
there are folds, fold) and the sound files it names, or with a subfolder for each label, or folders train and test with
these subfolders. Folds named train, val and test are one split; any other folds are each tested once. Without data,
pitch, envelope and waveform of held-out synthetic sounds are probed. Embeddings are cached as they are made: after an
interruption the same command goes on, and a second run trains only the probes. With several encoders, each is compared
with the first on the same test clips; the random weights are those of the first. With --processes or --ray clips are
embedded at the same time; all machines must see the folders.

examples:
  python -m doppelganger evaluate --encoder runs/quickstart --packs my_sounds/
  python -m doppelganger evaluate --encoder runs/quickstart --task esc50=data/ESC-50 us8k=data/UrbanSound8K
  python -m doppelganger evaluate --encoder convnext_atto --task esc50=data/ESC-50 --protocol all
  python -m doppelganger evaluate --encoder small transformers:models/wav2vec2 my_package.module:MyEncoder
"""

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path
from rich.console import Console

from doppelganger.commands._data_sets import add_data_sets, data_sets_of, tasks_of
from doppelganger.commands._options import add_engine, engine_of, folder_beside, labels_of
from doppelganger.encoders import Encoder
from doppelganger.encoders.module_encoder import ModuleEncoder
from doppelganger.evaluation import EmbeddingCache, Task, evaluate
from doppelganger.evaluation.baselines import with_baselines
from doppelganger.evaluation.map import Map, map_of
from doppelganger.evaluation.probe_task import Embeddings
from doppelganger.evaluation.protocols import PROTOCOLS
from doppelganger.evaluation.report.curves import panels_of
from doppelganger.evaluation.report.page import report_of, titles_of, write_report
from doppelganger.evaluation.report.pairs import training_pairs
from doppelganger.evaluation.report.run import run_folder, training_config
from doppelganger.evaluation.table import table_of
from doppelganger.finding import find_encoder, is_foreign
from synths.command_line.devices import add_device
from synths.command_line.progress import add_quiet, bars
from synths.command_line.usage import naming, require_folder
from synths.files.plain_data import reason


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--encoder",
        nargs="+",
        default=["small"],
        help="a checkpoint, an exported encoder, a folder with one of them, small (of the package), user/repo on the "
        "Hugging Face Hub, log-mel, a timm model with random weights, transformers:FOLDER, or package.module:Class "
        "(small)",
    )
    add_data_sets(parser)
    parser.add_argument(
        "--protocol",
        nargs="+",
        default=["linear"],
        help=f"{', '.join(PROTOCOLS.names())}, all, or package.module (linear)",
    )
    parser.add_argument(
        "--from-scratch",
        action="store_true",
        help="also train the same architecture on each task's labels alone (slow)",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="folder of the report (evaluation/ beside encoder)")
    parser.add_argument("--strict", action="store_true", help="stop at an unusable file instead of skipping it")
    parser.add_argument("--seed", type=int, default=0, help="seed for random weights, probes and bootstrap (0)")
    add_device(parser, "encoders")
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FILE",
        default=user_cache_path("doppelganger") / "embeddings.sqlite",
        help="cache of embeddings (%(default)s); delete it to free space",
    )
    add_engine(parser)
    add_quiet(parser)


def run(args: Namespace) -> None:
    first, *others = args.encoder
    folder = args.out or folder_beside(first) / "evaluation"
    require_folder(folder)
    if first in others or len(set(others)) < len(others):
        raise ValueError(f"--encoder: expected each encoder once; got {' '.join(args.encoder)}")
    labels = labels_of(args.encoder)
    progress_console = Console(stderr=True)
    with progress_console.status("Getting ready"):
        with naming("--encoder", (ValueError, OSError)):
            found = [find_encoder(name) for name in args.encoder]
        if args.from_scratch:
            _require_from_scratch(args, found[0])
        named = data_sets_of(args)
        tasks = tasks_of(named, found[0].sample_rate, args.seed)
        encoders = with_baselines(found[0], args.seed)
        if "log-mel" in others and (log_mel := encoders.pop("log_mel", None)):
            found[args.encoder.index("log-mel")] = log_mel  # the same as the baseline in a run without it
        encoders |= dict(zip(labels[1:], found[1:], strict=True))

    protocols = list(PROTOCOLS.every(_warn)) if args.protocol == ["all"] else args.protocol
    options = {"seed": args.seed, "device": args.device, "strict": args.strict, "from_scratch": args.from_scratch}
    maps: list[Map] = []

    def draw(task: Task, clips: Sequence[int], embeddings: Mapping[str, Embeddings]) -> None:
        maps.append(map_of(task, clips, embeddings["trained"].mean, args.seed))

    with naming("--cache", (ValueError, OSError)):
        cache = EmbeddingCache(args.cache)
    with bars(args.quiet, progress_console) as progress:
        options |= {"cache": cache, "progress": progress, "on_task": draw, "engine": engine_of(args)}
        results = evaluate(encoders, tasks, protocols, **options)
    about = {"seed": args.seed, "device": args.device, "data": [f"{name}={data}" for name, data in named]}
    report = report_of(results, encoder=first, config=found[0].recipe(), **about)
    if others:
        report["compared"] = _compared(labels, args.encoder, found)
    training = _training(first)
    json_path, html_path = write_report(report, folder, _stem(args.encoder, labels), maps=maps, **training)

    Console().print(table_of(results, titles_of(report)))
    for path in (json_path, html_path):
        print(path)


def _require_from_scratch(args: Namespace, encoder: Encoder) -> None:
    """Raise ValueError where --from-scratch has no linear probe to stand beside, or no random weights to train."""
    if not {"linear", "all"} & set(args.protocol):
        raise ValueError(
            f"--from-scratch: expected linear among --protocol, which it stands beside; got {' '.join(args.protocol)}"
        )
    if isinstance(encoder, ModuleEncoder):
        raise ValueError(
            f"--from-scratch: expected an encoder with random weights; {args.encoder[0]} is made with its own"
        )


def _compared(labels: Sequence[str], names: Sequence[str], encoders: Sequence[Encoder]) -> dict[str, Any]:
    """For each encoder, by its key in the results: its label, the name that was given, and its recipe."""
    keys = ["trained", *labels[1:]]
    return {
        key: {"label": label, "encoder": name, "config": encoder.recipe()}
        for key, label, name, encoder in zip(keys, labels, names, encoders, strict=True)
    }


def _stem(names: Sequence[str], labels: Sequence[str]) -> str:
    """Name of the files of a report, without their endings: of several encoders, or of a foreign one, their labels."""
    first, *others = names
    if others or is_foreign(first):
        return re.sub(r"[^\w.-]+", ".", "_vs_".join(labels))[:100]  # without characters that file systems refuse
    path = Path(first).resolve()
    return path.stem if path.is_file() else path.name  # a folder's name may have dots: lr0.1


def _warn(message: str) -> None:
    print(message, file=sys.stderr)


def _training(encoder: str) -> dict[str, Any]:
    """Sections of the page on the encoder's training, if it is known."""
    folder = run_folder(encoder)
    metrics = folder / "metrics.csv" if folder else None
    try:
        config = training_config(encoder)
        pairs = training_pairs(config) if config else None
    except Exception as error:  # a configuration may name anything; the scores are reported without it
        _warn(f"The page shows no training pairs: {reason(error)}")
        pairs = None
    return {"curves": panels_of(metrics) if metrics and metrics.is_file() else [], "pairs": pairs}
