"""A study's file: the training, the rows that change one thing in it, and what is measured."""

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any

from lightning_modules.configuration.sub_configs import from_here, with_sub_configs
from lightning_modules.studies.training import metrics_by_name
from synths.files.plain_data import parse_yaml, read_text

_OF_STUDY = ("name", "ckpt_path", "seed_everything", "data.init_args.seed")  # what a study itself sets in every row
_SAME_TRAINING = ("trainer.accelerator", "data.init_args.render_ahead")  # where, and how many sounds in a call


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and bool(re.fullmatch(r"[\w-][\w .+-]*", name))


def _is_rows(rows: Any) -> bool:
    return (
        isinstance(rows, dict)
        and bool(rows)
        and all(isinstance(name, str) and isinstance(settings, dict | NoneType) for name, settings in rows.items())
    )


def _is_plot(plot: Any) -> bool:
    return plot is None or (isinstance(plot, dict) and {"x", "y"} <= plot.keys() <= {"x", "y", "curves"})


def _all(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and all(type(each) is kind for each in value)


_VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {  # key -> what fits, and how a message says it
    "name": (_is_name, "a name without / and \\"),
    "config": (lambda config: isinstance(config, str), "a path"),
    "rows": (_is_rows, "names, each with its settings, KEY: VALUE"),
    "seeds": (lambda seeds: _all(seeds, int), "a list of whole numbers"),
    "metrics": (lambda metrics: _all(metrics, str), "a list of names"),
    "plot": (_is_plot, "x and y, each the name of a figure, and curves"),
}


def read_study(path: Path) -> dict[str, Any]:
    """A study as its file has it.

    Raises:
        ValueError: a missing or unknown key, or a value of another kind.
        OSError: no such file.
    """
    study = parse_yaml(read_text(path))
    if not isinstance(study, dict):
        raise ValueError(f"{path}: expected the keys {', '.join(sorted(_VALUES))}; got {type(study).__name__}")
    missing, unknown = {"name", "config", "rows", "metrics"} - study.keys(), study.keys() - _VALUES.keys()
    if missing or unknown:
        raise ValueError(
            f"{path}: expected the keys {', '.join(sorted(_VALUES))}; missing: {', '.join(sorted(missing)) or 'none'}, "
            f"unknown: {', '.join(sorted(unknown)) or 'none'}"
        )
    study.setdefault("seeds", [0])
    for key, (fits, expected) in _VALUES.items():
        if not fits(study.get(key)):
            raise ValueError(f"{path}: {key}: expected {expected}; got {study.get(key)!r}")
    require(study["metrics"], metrics_by_name(), f"{path}: metrics")
    study["config"] = from_here(study["config"], path.parent)
    study["rows"] = {name: from_here(settings or {}, path.parent) for name, settings in study["rows"].items()}
    return study


def digest_of(study: Mapping[str, Any], settings: Mapping[str, Any], packs: Sequence[str]) -> str:
    """A digest of all that makes a row but its seed; rows of two recipes are not to be compared.

    A row is the same on a CPU and on a GPU, whose roundings differ by less than two seeds do.
    """
    config = with_sub_configs(settings.get("config", study["config"]))
    changed = with_sub_configs({key: value for key, value in settings.items() if key != "config"})
    for key in _SAME_TRAINING:
        changed.pop(key, None)
        *parents, last = key.split(".")
        part = config
        for parent in parents:
            part = part.get(parent) or {}
        part.pop(last, None)
    names = [_name_of(pack) for pack in packs]
    n_apart = 1 if "choice" in study["metrics"] else 0  # nothing is chosen of the last pack
    first = len(names) - n_apart
    made_by = [config, changed, study["metrics"], [*names[first:], *sorted(names[:first])]]
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()[:16]


def require(names: Sequence[str], choices: Iterable[str], what: str) -> list[str]:
    """The names, if all are among the choices.

    Raises:
        ValueError: some are not; `what` says where they were given.
    """
    choices = list(choices)
    unknown = [name for name in names if name not in choices]
    if unknown:
        raise ValueError(f"{what}: expected some of {listed(choices)}; got {listed(unknown)}")
    return list(names)


def require_free(settings: Mapping[str, Any], what: str) -> None:
    """Refuse keys that a study itself sets: rows of several seeds, say, would all be of one.

    Raises:
        ValueError: such a key; `what` says where it was given.
    """
    if wrong := [key for key in _OF_STUDY if key in settings]:
        raise ValueError(f"{what}: expected no {listed(wrong)}, which a study sets; its seeds are `seeds` in its file")


def require_different(packs: Sequence[str]) -> None:
    """Refuse packs whose folders have one name, under which figures of one would replace those of the other.

    Raises:
        ValueError: two such packs.
    """
    names = [_name_of(pack) for pack in packs]
    if same := {name: None for name in names if names.count(name) > 1}:
        raise ValueError(f"--packs: expected folders of different names; got several named {listed(same)}")


def _name_of(pack: str) -> str:
    return Path(pack).resolve().name


def listed(names: Iterable[str]) -> str:
    """Names as they are given to --rows: those with blanks or commas in quotes."""
    return ", ".join(name if re.fullmatch(r"[\w.+-]+", name) else shlex.quote(name) for name in names)
