"""Goals of the benchmark beside its measurements."""

import math

from synths.benchmark.peers import COMPILED, GRADIENT, SYNTHAX, TORCHSYNTH
from synths.benchmark.tables import WORDS


def goals(figures: dict, device: str) -> list[dict]:
    """Each goal as figure, measured, goal and met; None where it could not be measured.

    Args:
        figures: the peers, growth and voices of the record.
        device: "cpu" or "cuda".
    """
    peers, voices = figures["peers"], figures["voices"]

    def of(name: str, key: str) -> float | None:
        return peers.get(name, {}).get(key)

    speed = of(COMPILED, "times_real_time")
    rows = [
        _goal("ours compiled, times SynthAX jit", _ratio(speed, of(SYNTHAX, "times_real_time")), at_least=3),
        _goal("ours compiled, times torchsynth", _ratio(speed, of(TORCHSYNTH, "times_real_time")), at_least=10),
        _goal("with gradient, time over forward", _ratio(speed, of(GRADIENT, "times_real_time")), at_most=4),
        _goal("memory above the output, in output buffers", of(COMPILED, "buffers_above_output"), at_most=3),
    ]
    for what, growth in figures["growth"].items():
        exponent = growth.get(COMPILED, {}).get("exponent")
        rows.append(_goal(f"time grows with {WORDS[what]} to the power", exponent, at_most=1.1))
    if device == "cuda":
        rows.append(_goal("ours compiled, times real time", speed, at_least=1_000_000))
    else:
        compiled = {name: row["compiled"] for name, row in voices.items() if row["compiled"]}
        if compiled:
            slowest = min(compiled, key=compiled.__getitem__)
            rows.append(_goal(f"slowest voice ({slowest}), times real time", compiled[slowest], at_least=500))
    return rows


def _ratio(a: float | None, b: float | None) -> float | None:
    return a / b if a and b else None


def _goal(figure: str, measured: float | None, at_least: float | None = None, at_most: float = math.inf) -> dict:
    goal = f"at most {at_most:,}" if at_least is None else f"at least {at_least:,}"
    met = None if measured is None else (-math.inf if at_least is None else at_least) <= measured <= at_most
    return {"figure": figure, "measured": measured, "goal": goal, "met": met}
