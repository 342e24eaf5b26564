"""The record of a benchmark as tables, for the terminal and for the docs."""

from typing import NamedTuple

from synths.benchmark.peers import TORCHSYNTH

WORDS = {"batch": "the batch", "seconds": "the length"}


class Table(NamedTuple):
    """A table of words."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def tables(record: dict) -> list[Table]:
    """Goals, peers, growth and voices, as far as they were measured."""
    config, figures = record["config"], record["figures"]
    work = f"{config['batch']} sounds of {config['seconds']:g} s"
    made = [
        Table("Goals", ("figure", "measured", "goal", "met"), [_goal(row) for row in figures["goals"]]),
        Table(
            f"Voice, {work} at {config['sample_rate']} Hz, median of {config['repeats']}",
            (
                "peer",
                "times real time",
                f"times {TORCHSYNTH}",
                "output buffers above the output",
                "share of a copy's speed",
            ),
            [_peer(name, row, figures["peers"].get(TORCHSYNTH)) for name, row in figures["peers"].items()],
        ),
    ]
    for what, peers in figures["growth"].items():
        rows = [_grown(name, what, row) for name, row in peers.items() if row["batch"]]
        columns = ("peer", "from", "to", "times real time there", "peak memory there", "exponent", "stopped because")
        made.append(Table(f"Growth with {WORDS[what]}", columns, rows))
    voices = [_voice(name, row) for name, row in figures["voices"].items()]
    made.append(Table(f"Every voice, times real time, {work}", ("voice", "Hz", "eager", "compiled"), voices))
    made.append(Table("Left out", ("what", "because"), list(figures["left_out"].items())))
    return [table for table in made if table.rows]


def _number(value: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _goal(row: dict) -> tuple[str, ...]:
    met = {True: "yes", False: "no", None: ""}[row["met"]]
    return row["figure"], _number(row["measured"]), row["goal"], met


def _peer(name: str, row: dict, baseline: dict | None) -> tuple[str, ...]:
    ratio = row["times_real_time"] / baseline["times_real_time"] if baseline else None
    share = f"{row['share_of_copy']:.1%}"
    return name, _number(row["times_real_time"]), _number(ratio), _number(row["buffers_above_output"]), share


def _grown(name: str, what: str, row: dict) -> tuple[str, ...]:
    sizes, unit = row[what], " s" if what == "seconds" else ""
    peak = "not measured" if row["peak_bytes"][-1] is None else f"{row['peak_bytes'][-1] / 1e6:,.0f} MB"
    speed = _number(row["times_real_time"][-1])
    ends = f"{sizes[0]:g}{unit}", f"{sizes[-1]:g}{unit}"
    return name, *ends, speed, peak, _number(row["exponent"]), row["stopped"] or ""


def _voice(name: str, row: dict) -> tuple[str, ...]:
    return name, str(row["sample_rate"]), _number(row["eager"]), _number(row["compiled"])
