"""Mutants of files and of plain data, and what a reader may do with one.

`FUZZ=2000 pytest tests/fuzz` tries that many of each kind, other ones at every call.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

N = int(os.environ.get("FUZZ", "40"))
LONGEST_S = 20.0  # of processor time for one mutant
MOST_MB = 1500  # more than the process had before
EXPECTED = (ValueError, OSError, SystemExit)

few = settings(
    max_examples=N,
    deadline=None,
    derandomize="FUZZ" not in os.environ,
    database=None,
    phases=(Phase.generate, Phase.shrink),  # Phase.explain traces every line, many times as slow
    suppress_health_check=list(HealthCheck),
)


def _aliases(depth: int) -> Any:
    value: Any = ["x"] * 9
    for _ in range(depth):
        value = [value] * 9
    return value


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


HOSTILE: list[Any] = [
    *(None, True, -1, 0, 1, 2, 3, 10**6, 10**9, 10**12, 2**63, 10**30, 1e-300, 1e308, float("nan"), float("inf"), -0.5),
    *(
        "",
        "x",
        "\x00",
        "../../etc/passwd",
        "/dev/zero",
        "<script>alert(1)</script>",
        "😀\ud800",
        "9" * 5000,
        "a" * 70000,
    ),
    *("a" * 70000, [], {}, [[]], [0], [1, 2], [10**9] * 3, {"a": {}}, {1: 2}, _aliases(5), _nested(150), b"bytes"),
    *({"class": "os.system", "arguments": {}}, {"class": "doppelganger.LogMel", "arguments": None}),
    *({"class_path": "os.system", "init_args": {"command": "touch planted"}}, {"class_path": 3}, {"class": None}),
]


def paths_of(value: Any, path: tuple = ()) -> list[tuple]:
    """The paths to all parts of plain data."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in parts for found in paths_of(part, (*path, key)))]


def data_mutants(original: Any) -> st.SearchStrategy[Any]:
    """Plain data with up to three parts removed, replaced by something hostile or by another part."""
    paths = paths_of(original)

    @st.composite
    def mutants(draw: Callable) -> Any:
        changed = {"": deepcopy(original)}
        for _ in range(draw(st.integers(1, 3))):
            path = ("", *draw(st.sampled_from(paths)))
            kind = draw(st.sampled_from(["remove", "hostile", "hostile", "hostile", "other"]))
            hostile = draw(st.sampled_from(HOSTILE))
            other = _at(original, draw(st.sampled_from(paths)))
            _change(changed, path, kind, hostile if kind == "hostile" else deepcopy(other))
        return changed.get("")

    return mutants()


def _at(value: Any, path: tuple) -> Any:
    for key in path:
        value = value[key]
    return value


def _change(value: Any, path: tuple, kind: str, new: Any) -> None:
    try:
        for key in path[:-1]:
            value = value[key]
        if kind == "remove":
            del value[path[-1]]
        else:
            value[path[-1]] = new
    except (LookupError, TypeError):
        pass  # an earlier change took the place away


def byte_mutants(original: bytes, first: int | None = None) -> st.SearchStrategy[bytes]:
    """Bytes with up to four changes, all of them among the `first`."""
    place = st.integers(0, min(len(original), first or len(original)) - 1)
    numbers = st.sampled_from([0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
    change = st.one_of(
        st.tuples(st.just("set"), place, st.binary(min_size=1, max_size=4)),
        st.tuples(st.just("set"), place, numbers.map(lambda n: n.to_bytes(4, "little"))),
        st.tuples(st.just("insert"), place, st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("delete"), place, st.integers(1, 8)),
        st.tuples(st.just("repeat"), place, st.integers(1, 64)),
        st.tuples(st.just("end"), st.integers(0, len(original)), st.none()),
    )
    return st.lists(change, min_size=1, max_size=4).map(lambda changes: _edited(original, changes))


def _edited(data: bytes, changes: list[tuple]) -> bytes:
    for kind, at, what in changes:
        if kind == "set":
            data = data[:at] + what + data[at + len(what) :]
        elif kind == "insert":
            data = data[:at] + what + data[at:]
        elif kind == "delete":
            data = data[:at] + data[at + what :]
        elif kind == "repeat":
            data = data[:at] + data[at : at + what] * 2 + data[at + what :]
        else:
            data = data[:at]
    return data


def survives(read: Callable[[], object]) -> None:
    """Reading a mutant gives a result, or one line that says why not; in bounded time and memory, executing nothing.

    A reader that raises anything else ends the test by itself.
    """
    before_mb, start_s = _peak_mb(), time.process_time()
    try:
        read()
    except SystemExit as end:
        assert end.code == 2
    except EXPECTED as error:
        assert str(error).strip(), f"{type(error).__name__} without a message"
        assert len(str(error)) < 3000
    finally:
        assert _peak_mb() - before_mb < MOST_MB
        assert time.process_time() - start_s < LONGEST_S
        assert not os.path.exists("planted")


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
