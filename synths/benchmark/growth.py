"""How time and memory grow with the batch or with the length of a sound."""

from collections.abc import Callable, Iterable, Mapping

from synths.benchmark.measure import Measured, exponent, free_bytes, measure
from synths.benchmark.peers import Call, Work


def growth(
    prepares: Mapping[str, Callable[[Work], Call]], works: Iterable[Work], repeats: int, limit_s: float
) -> dict[str, dict]:
    """Name -> columns of figures, a row for each work the peer could do, and why it stopped if it did.

    A peer stops where a call is predicted to take longer than `limit_s` or more memory than is free. The prediction
    scales its last call in proportion to the output.

    Args:
        prepares: name -> from the work, the call that does it.
        works: from the smallest to the largest.
        repeats: timed calls each.
        limit_s: longest call, in s.
    """
    done: dict[str, list[tuple[Work, Measured]]] = {name: [] for name in prepares}
    stopped: dict[str, str] = {}
    for work in works:
        for name in prepares.keys() - stopped.keys():
            reason = _too_much(*done[name][-1], work, limit_s) if done[name] else None
            stopped |= {name: reason} if reason else {}
        able = {name: prepare for name, prepare in prepares.items() if name not in stopped}
        for name, measured in measure(able, work, repeats, stopped).items():
            done[name].append((work, measured))
    return {name: _columns(rows) | {"stopped": stopped.get(name)} for name, rows in done.items()}


def _too_much(last: Work, measured: Measured, work: Work, limit_s: float) -> str | None:
    times = work.n_bytes / last.n_bytes
    what, seconds, free = f"{work.batch} sounds of {work.seconds:g} s", times * measured.median_s, None
    if seconds > limit_s:
        return f"{what} would take about {seconds:.0f} s a call; the limit is {limit_s:g} s"
    if measured.peak_bytes is not None:
        free = free_bytes(work.device)
    if measured.peak_bytes is not None and free is not None and times * measured.peak_bytes > free:
        return f"{what} would need about {times * measured.peak_bytes / 1e9:.1f} GB; {free / 1e9:.1f} GB are free"
    return None


def _columns(rows: list[tuple[Work, Measured]]) -> dict:
    costs = [measured.median_s for _, measured in rows]
    return {
        "batch": [work.batch for work, _ in rows],
        "seconds": [work.seconds for work, _ in rows],
        "wall_s": costs,
        "times_real_time": [work.audio_s / cost for (work, _), cost in zip(rows, costs, strict=True)],
        "peak_bytes": [measured.peak_bytes for _, measured in rows],
        "exponent": exponent([work.n_bytes for work, _ in rows], costs),
    }
