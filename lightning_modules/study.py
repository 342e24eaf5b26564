"""A study: one training with one thing changed, row after row, and what came of each.

A study is a YAML file: `config` is the training, `rows` names what is changed in it (keys as on the training
command line; paths are relative to the study's file), `seeds` repeats every row, `metrics` names the figures to measure
(see `lightning_modules.study_metrics`) and `plot` which two of them are drawn against each other. Every row is written
to a file of its own in results/study_NAME/ as soon as it is done; rows that are there are not done again, and several
processes may share the work. Rows of another config, other packs or another --set are never put beside new ones:
`--again` drops them, `--out` writes elsewhere.

examples:
  doppelganger-train study studies/patterns --packs data/esc10 data/fsdd
  doppelganger-train study studies/patterns --packs data/esc10 --rows perlin white
"""

import argparse
import hashlib
import inspect
import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from lightning_modules import study_metrics, study_rows
from lightning_modules.cli import TrainingCLI
from lightning_modules.config_files import find_config
from lightning_modules.study_table import draw, tables_of
from lightning_modules.sub_configs import from_here, with_sub_configs
from synths import provenance
from synths.plain_data import parse_yaml, read_text

_KEYS = {"name", "config", "rows", "seeds", "metrics", "plot"}


def main() -> None:
    parser = argparse.ArgumentParser(
        "doppelganger-train study", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study", help="a YAML file, or the name of one of ours, such as studies/patterns")
    parser.add_argument("--packs", nargs="*", default=[], metavar="FOLDER", help="recordings to evaluate on")
    parser.add_argument("--rows", nargs="*", metavar="ROW", help="do these only (all)")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="changed in every row")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="the result, a file a row (results/study_NAME)")
    parser.add_argument("--again", action="store_true", help="drop the rows that something else made")
    args = parser.parse_args()
    try:
        study = read_study(find_config(args.study))
        names = _require(args.rows or list(study["rows"]), study["rows"], "--rows")
        for settings in study["rows"].values():
            settings.update(_changed(args.set))
        recipes = {name: digest_of(study, settings, args.packs) for name, settings in study["rows"].items()}
    except (ValueError, OSError) as error:
        _stop(str(error))
    folder = args.out or Path("results", f"study_{study['name']}")
    try:
        _drop_others(folder, recipes, args.again)
        console = Console(stderr=True)
        todo = [(name, seed) for seed in study["seeds"] for name in names]
        for number, (name, seed) in enumerate(todo, start=1):
            if study_rows.path_of(folder, name, seed).exists():  # perhaps since another process wrote it
                continue
            console.rule(f"{name}, seed {seed} ({number} of {len(todo)})")
            row = run_row(study, name, study["rows"][name], seed, args.packs)
            study_rows.write(folder, study, {**row, "recipe": recipes[name]})
        done = study_rows.read(folder)
    except (ValueError, OSError) as error:
        _stop(str(error))
    output = Console()
    for table in tables_of(done, output.width):
        output.print(table, "")
    if study.get("plot") and done:
        picture = Path("runs", "studies", f"{study['name']}.svg")
        picture.parent.mkdir(parents=True, exist_ok=True)
        draw(done, **study["plot"]).savefig(picture)
        print(picture)
    print(folder)


def read_study(path: Path) -> dict[str, Any]:
    """A study as its file has it.

    Raises:
        ValueError: a missing or unknown key.
        OSError: no such file.
    """
    study = parse_yaml(read_text(path))
    if not isinstance(study, dict):
        raise ValueError(f"{path}: expected the keys {', '.join(sorted(_KEYS))}; got {type(study).__name__}")
    missing, unknown = {"name", "config", "rows", "metrics"} - study.keys(), study.keys() - _KEYS
    if missing or unknown:
        raise ValueError(
            f"{path}: expected the keys {', '.join(sorted(_KEYS))}; missing: {', '.join(sorted(missing)) or 'none'}, "
            f"unknown: {', '.join(sorted(unknown)) or 'none'}"
        )
    _require(study["metrics"], _metrics(), f"{path}: metrics")
    study.setdefault("seeds", [0])
    study["config"] = from_here(study["config"], path.parent)
    study["rows"] = {name: from_here(settings or {}, path.parent) for name, settings in study["rows"].items()}
    return study


def digest_of(study: Mapping[str, Any], settings: Mapping[str, Any], packs: Sequence[str]) -> str:
    """A digest of all that makes a row but its seed; rows of two recipes are not to be compared."""
    config = with_sub_configs(settings.get("config", study["config"]))
    changed = with_sub_configs({key: value for key, value in settings.items() if key != "config"})
    made_by = [config, changed, study["metrics"], sorted(Path(pack).resolve().name for pack in packs)]
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()[:16]


def run_row(
    study: Mapping[str, Any], name: str, settings: Mapping[str, Any], seed: int, packs: Sequence[str]
) -> dict[str, Any]:
    """Trains and measures: the row's name, seed, settings, figures, commit, and how long it took."""
    start = time.perf_counter()
    given = {"name": f"studies/{study['name']}/{name}-{seed}", "data.init_args.seed": seed, **settings}
    config = given.pop("config", study["config"])
    arguments = [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in given.items()]
    warnings.filterwarnings("ignore", message=".*args parameter is intended to run from within Python.*")
    cli = TrainingCLI(args=["fit", "--config", str(config), f"--seed_everything={seed}", *arguments])
    trained_s = time.perf_counter() - start
    figures: study_metrics.Figures = {}
    for metric in study["metrics"]:
        for encoder, figure in _metrics()[metric](cli, packs).items():
            figures.setdefault(encoder, {}).update(figure)
    return {
        "name": name,
        "seed": seed,
        "settings": dict(settings),
        "n_steps": cli.trainer.global_step,
        "figures": figures,
        "commit": provenance.commit(),
        "trained_s": trained_s,
        "measured_s": time.perf_counter() - start - trained_s,
    }


def _metrics() -> dict[str, Callable[[TrainingCLI, Sequence[str]], study_metrics.Figures]]:
    public = {name: f for name, f in inspect.getmembers(study_metrics, inspect.isfunction) if not name.startswith("_")}
    return {name: f for name, f in public.items() if f.__module__ == study_metrics.__name__}


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
    others = [row for row in study_rows.read(folder) if row["recipe"] != recipes.get(row["name"])]
    if others and not again:
        raise ValueError(
            f"{folder} holds rows that another config, other packs or another --set made: "
            f"{', '.join(dict.fromkeys(row['name'] for row in others))}. Drop them with --again, or write elsewhere "
            "with --out"
        )
    for row in others:
        study_rows.path_of(folder, row["name"], row["seed"]).unlink(missing_ok=True)


def _require(names: Sequence[str], choices: Mapping[str, Any], what: str) -> list[str]:
    unknown = [name for name in names if name not in choices]
    if unknown:
        raise ValueError(f"{what}: expected some of {', '.join(choices)}; got {', '.join(unknown)}")
    return list(names)


def _stop(message: str) -> NoReturn:
    sys.exit(f"study: {message}")


if __name__ == "__main__":
    main()
