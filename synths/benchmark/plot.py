"""Plot of time and memory over size; needs matplotlib."""

from typing import TYPE_CHECKING, Any

from synths.benchmark.peers import COMPILED, EAGER, SYNTHAX, TORCHSYNTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {TORCHSYNTH: "#6b7280", SYNTHAX: "#2563eb", EAGER: "#d97706", COMPILED: "#b91c1c"}
_SIZES = {"batch": "sounds in a batch", "seconds": "length of a sound (s)"}
_COSTS = {"times_real_time": "times real time", "peak_bytes": "peak memory (MB)"}
_UNITS = {"times_real_time": 1, "peak_bytes": 1e6}


def plot(record: dict) -> "Figure":
    """Real-time factor above and peak memory below, against the batch on the left and the length on the right."""
    from matplotlib.figure import Figure

    growth = record["figures"]["growth"]
    figure = Figure(figsize=(10, 7.5), layout="constrained", facecolor="white")
    axes = figure.subplots(len(_COSTS), len(_SIZES), sharex="col", sharey="row")
    panels = [(axes[i, j], size, cost) for i, cost in enumerate(_COSTS) for j, size in enumerate(_SIZES)]
    ends = [_lines(ax, growth[size], size, cost) for ax, size, cost in panels]
    for ax, label in zip(axes[:, 0], _COSTS.values(), strict=True):
        ax.set_ylabel(label)
    for ax, label in zip(axes[-1], _SIZES.values(), strict=True):
        ax.set_xlabel(label)
    config, machine = record["config"], record["machine"]
    figure.suptitle(
        f"Voice at {config['sample_rate']} Hz on {_device(machine)}: batches of {config['seconds']:g} s sounds, "
        f"lengths of {config['length_batch']} sounds",
        fontsize="medium",
    )
    figure.draw_without_rendering()  # from here on the axes are where they stay
    for (ax, _, _), points in zip(panels, ends, strict=True):
        _name(ax, points)
    return figure


def _lines(ax: Any, peers: dict, size: str, cost: str) -> list[tuple[float, float, str]]:
    """One line per peer; returns their right ends as (y, x, name)."""
    from matplotlib.ticker import LogLocator, StrMethodFormatter

    ends = []
    for name, row in peers.items():
        points = [(x, y / _UNITS[cost]) for x, y in zip(row[size], row[cost], strict=True) if y and y > 0]
        if points:
            ax.plot(*zip(*points, strict=True), "o-", color=_COLOURS[name], markersize=4)
            ends.append((*points[-1][::-1], name))
    sizes = sorted({x for row in peers.values() for x in row[size]})
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks(sizes, [f"{x:g}" for x in sizes])
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    ax.minorticks_off()
    ax.grid(color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    return ends


def _name(ax: Any, ends: list[tuple[float, float, str]]) -> None:
    """The name of each line at its right end; names that would touch move apart."""
    below = float("-inf")
    for y, x, name in sorted(ends):
        at = ax.transData.transform((x, y))[1] * 72 / ax.figure.dpi  # in points, as the height of a line of words
        below = max(at, below + 12)
        style = {"color": _COLOURS[name], "va": "center", "fontsize": "small", "annotation_clip": False}
        ax.annotate(name, (x, y), (6, below - at), textcoords="offset points", **style)


def _device(machine: dict) -> str:
    return f"{machine['cpu']}, {machine['threads']} threads" if machine["device"] == "cpu" else machine["device"]
