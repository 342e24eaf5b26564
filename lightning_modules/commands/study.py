"""Run a study: trainings that differ in one setting, one per row, and a table of their scores.

A study is a YAML file: `config` is the training, `rows` names what is changed in it (keys as on the training
command line; paths are relative to the study's file), `seeds` repeats every row, `metrics` names the figures to
measure (see `lightning_modules.studies.metrics`) and `plot` which two of them are drawn against each other. Every row
is written to a file of its own in results/study_NAME/ as soon as it is done. Rows that are there are not done again,
and a training that was stopped goes on from its newest checkpoint; several processes, also of several machines with
one disk, share the work. Rows of another config, other packs or another --set are never put beside new ones: `--again`
drops them, `--out` writes elsewhere. With --processes or --ray rows are trained at the same time; all machines must see
the packs and the results.

examples:
  doppelganger-train study studies/patterns --packs data/esc10 data/fsdd
  doppelganger-train study studies/patterns --packs data/esc10 --rows Perlin White
  doppelganger-train study studies/recipe --packs /shared/esc10 --ray auto
"""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from doppelganger.evaluation import read_task
from lightning_modules.configuration.files import find_config
from lightning_modules.studies import rows
from lightning_modules.studies.picture import draw
from lightning_modules.studies.study_file import digest_of, listed, read_study, require, require_different, require_free
from lightning_modules.studies.table import tables_of
from lightning_modules.studies.training import finish, require_settings, train_and_measure
from synths import engines
from synths.command_line.progress import add_quiet
from synths.command_line.usage import Parser, naming


def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command.

    Raises:
        UsageError, ValueError, OSError: what cannot be done, see `training_command`.
    """
    args = _parsed(argv)
    study = read_study(find_config(args.study))
    names = require(args.rows or list(study["rows"]), study["rows"], "--rows")
    changed = _changed(args.set)
    require_free(changed, "--set")
    for name, settings in study["rows"].items():
        require_free(settings, f"row {name}")
        settings.update(changed)
    require_different(args.packs)
    recipes = {name: digest_of(study, settings, args.packs) for name, settings in study["rows"].items()}
    folder = args.out or Path("results", f"study_{study['name']}")
    _drop_others(folder, recipes, args.again)
    console = Console(stderr=True, quiet=args.quiet)
    wanted = [(name, seed) for seed in study["seeds"] for name in names]
    to_make = dict.fromkeys(name for name, _ in rows.missing(folder, wanted))
    for name in to_make:
        require_settings(study, name)  # now, rather than after hours of other rows
    if to_make:
        _require_packs(args.packs)
    make = partial(_make, study, args.packs, folder, recipes, args.quiet)
    engine = engines.engine_of(args, n_gpus=int(torch.cuda.is_available())) or engines.in_this_process
    with closing(engine(make, rows.missing(folder, wanted))) as made:
        for name, seed in filter(None, made):
            n_there = len(wanted) - sum(1 for _ in rows.missing(folder, wanted))
            console.print(f"{name}, seed {seed}: done ({n_there} of {len(wanted)})", highlight=False)
    if n_left := sum(1 for _ in rows.missing(folder, wanted)):
        console.print(f"{n_left} rows are made by other processes; the last of them prints all", highlight=False)
    _show(study, args.study, rows.read(folder), folder)


def _parsed(argv: Sequence[str] | None) -> Namespace:
    parser = Parser(prog="doppelganger-train study", description=__doc__)
    parser.add_argument("study", help="a YAML file, or the name of one of ours, such as studies/patterns")
    parser.add_argument("--packs", nargs="*", default=[], metavar="FOLDER", help="recordings to evaluate on")
    parser.add_argument("--rows", nargs="*", metavar="ROW", help="do these only (all)")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="changed in every row")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="the result, a file per row (results/study_NAME)")
    parser.add_argument("--again", action="store_true", help="drop the rows that something else made")
    parser.add_argument("--verbose", action="store_true", help="show where in the program an error was found")
    engines.add_flags(parser, "this one, with a thread per core")
    add_quiet(parser)
    return parser.parse_args(argv)


def _require_packs(packs: Sequence[str]) -> None:
    """Refuse packs that cannot be read before a training rather than after it."""
    with naming("--packs"):
        for pack in packs:
            read_task("pack", pack, sample_rate=16000)  # no sound is read


def _show(study: Mapping[str, Any], file: str, done: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Print the rows as tables, and draw the study's picture."""
    output = Console()
    for table in tables_of(done, output.width):
        output.print(table, "")
    if study.get("plot") and done:
        picture = Path("runs", "studies", f"{study['name']}.svg")
        picture.parent.mkdir(parents=True, exist_ok=True)
        with naming(file, (ValueError, OSError)):
            draw(done, **study["plot"]).savefig(picture)
        print(picture)
    print(folder)


def _make(
    study: Mapping[str, Any],
    packs: Sequence[str],
    folder: Path,
    recipes: Mapping[str, str],
    quiet: bool,
    row: tuple[str, int],
) -> tuple[str, int] | None:
    """Train, measure and write a row; None if another process did or does."""
    name, seed = row
    with rows.claimed(folder, name, seed) as ours:
        if not ours:
            return None
        Console(stderr=True, quiet=quiet).rule(f"{name}, seed {seed}")
        rows.write(folder, study, train_and_measure(study, name, seed, packs, recipes[name], quiet))
        finish(study, name, seed, recipes[name])
    return row


def _changed(pairs: Sequence[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise ValueError(f"--set: expected KEY=VALUE; got {', '.join(wrong)}")
    return dict(pair.split("=", 1) for pair in pairs)


def _drop_others(folder: Path, recipes: Mapping[str, str], again: bool) -> None:
    """Delete the rows in a folder that another recipe made, if that is wanted.

    Raises:
        ValueError: there are some and they are to stay.
    """
    others = [row for row in rows.read(folder) if row["recipe"] != recipes.get(row["name"])]
    if others and not again:
        raise ValueError(
            f"{folder} holds rows that another config, other packs or another --set made: "
            f"{listed(dict.fromkeys(row['name'] for row in others))}. Drop them with --again, or write elsewhere "
            "with --out"
        )
    for row in others:
        rows.path_of(folder, row["name"], row["seed"]).unlink(missing_ok=True)
