"""Layouts of parameters as checkpoints and corpora keep them: tables of `ParameterSpace.describe`."""

from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN = 3  # differences in a message

Row = Mapping[str, Any]


def without_docs(table: Sequence[Row]) -> list[dict[str, Any]]:
    """A table without descriptions, which make no difference in sound."""
    return [{key: value for key, value in row.items() if key != "doc"} for row in table]


def require_same(here: Sequence[Row], saved: Sequence[Row]) -> None:
    """Refuse a saved table of another layout.

    Raises:
        ValueError: naming the first parameters that differ.
    """
    here, saved = without_docs(here), without_docs(saved)
    if here == saved:
        return
    ours, theirs = {row["name"]: row for row in here}, {row["name"]: row for row in saved}
    changes = [_difference(ours[n], theirs[n]) for n in ours if n in theirs and ours[n] != theirs[n]]
    changes += [f"{n}: only here" for n in ours if n not in theirs]
    changes += [f"{n}: only in the saved one" for n in theirs if n not in ours]
    changes = changes or ["the same parameters in another order"]
    more = f" (+{len(changes) - _SHOWN} more)" if len(changes) > _SHOWN else ""
    shown = "; ".join(changes[:_SHOWN])
    raise ValueError(f"another parameter layout: {shown}{more}. Use the synth it was made with.")


def _difference(here: Row, saved: Row) -> str:
    """What differs in two rows of one parameter: "attack: here high 2.0, saved high 4.0"."""
    ours, theirs = (
        ", ".join(f"{key} {row.get(key)}" for key in here if here[key] != saved.get(key)) for row in (here, saved)
    )
    return f"{here['name']}: here {ours}, saved {theirs}"
