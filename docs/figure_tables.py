"""Figures of a result as Markdown tables."""

# Packs of recordings, as readers know them.
PACKS = {"esc10": "ESC-10", "fsdd": "spoken digits", "arabic_speech_commands": "Arabic words"}

# Keys of figures that say too little on their own.
_TITLES = {
    "below_ms": "95 % below, ms",
    "beyond_1": "beyond full scale",
    "checkpoint_mb": "size of a checkpoint, MB",
    "checkpoint_s": "time to write a checkpoint, s",
    "cpu_s": "CPU time, s",
    "first_run_s": "first run, s",
    "folds": "accuracy by held-out fold",
    "fresh_start_s": "start of a new training, CPU s",
    "goal_cpu_s": "goal, s",
    "high": "upper end of the 95 % interval",
    "labels_share": "share of the labels",
    "linear_probe_easy_s": "linear probe, classes that are easy to separate, s",
    "linear_probe_hard_s": "linear probe, classes that are hard to separate, s",
    "looked_at": "recordings that were looked at for a steady pitch",
    "loudest": "highest peak",
    "low": "lower end of the 95 % interval",
    "mean_loss": "mean distance",
    "median_cents": "median error of the pitch that pYIN finds, cents",
    "median_cents_by_autocorrelation": "median error of the pitch by autocorrelation, cents",
    "median_ms": "median, ms",
    "median_of_match_to_this": "median distance of match, divided by this one's",
    "memory_mb": "peak of memory, MB",
    "ms_a_picture": "time a picture, ms",
    "pairs_per_cpu_s": "pairs per second of CPU time",
    "peak_mb": "peak of memory, MB",
    "peak_mb_of_a_quarter": "peak of memory with a quarter of the clips, MB",
    "resumed_start_more_s": "difference, CPU s",
    "resumed_start_s": "start of a training that continues, CPU s",
    "s_per_sound": "time a sound, s",
    "score": "accuracy",
    "second_run_s": "second run, s",
    "share_of_a_step_of_small": "share of a step of small",
    "share_of_a_step_with_nothing_hidden": "time relative to nothing hidden",
    "share_of_an_hour": "share of the time, together",
    "share_of_an_hour, at the end of an epoch": "share of the time, checkpoints after epochs",
    "share_of_an_hour, within epochs": "share of the time, checkpoints within epochs",
    "steady_s_per_sound": "time a sound, steady, s",
    "step_ms_a_sound": "time of a step for each sound, ms",
    "step_s": "time of a step, s",
    "wall_s": "time, s",
    "with_pitch": "targets with a pitch",
}
# Figures from 0 to 1 that are shares of a whole.
_SHARES = {"beyond_1", "broken", "high", "low", "match_is_nearer", "score", "silent", *"12345"}


def table(lines: list[list[str]]) -> str:
    """Lines of cells, the first of which are titles, as a table whose columns sort.js sorts."""
    titles, *rows = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join(["```{table}", ":class: sortable", "", titles, f"|{' --- |' * len(lines[0])}", *rows, "```"])


def score_cell(score: dict) -> str:
    """A score and its interval, in %."""
    mean, low, high = (f"{100 * score[key]:.1f}" for key in ("score", "low", "high"))
    return f"{mean} ({low} to {high})"


def words(name: str) -> str:
    """A key of a result in words."""
    if name in _TITLES:
        return _TITLES[name]
    for pack, title in PACKS.items():
        name = name.replace(pack, title)
    return name.replace("_", " ")


def tables_of(found: dict, level: int = 4) -> str:
    """Groups of figures with the same keys as tables, a group a line; other figures as a list.

    Args:
        found: figures and groups of them; of `measured`, how a group was measured, the settings are one sentence.
        level: level of the headings.
    """
    found = dict(found)
    settings = found.pop("measured", {}).get("config", {})
    while len(found) == 1 and isinstance(lone := next(iter(found.values())), dict):
        found = lone
    groups = {key: value for key, value in found.items() if isinstance(value, dict)}
    single = {key: value for key, value in found.items() if isinstance(value, int | float)}
    parts = ["\n".join(f"* {words(key)}: {_number(value, key)}" for key, value in single.items())] if single else []
    nested = {key: value for key, value in groups.items() if any(isinstance(v, dict) for v in value.values())}
    parts += [f"{'#' * level} {words(key)}\n\n{tables_of(value, level + 1)}" for key, value in nested.items()]
    parts += _tables_of_flat({key: value for key, value in groups.items() if key not in nested})
    if settings:
        named = [f"{words(key)} {_number(value) or value}" for key, value in settings.items()]
        parts.append(f"Settings: {', '.join(named)}.")
    return "\n\n".join(parts)


def _tables_of_flat(groups: dict[str, dict]) -> list[str]:
    """A table for the groups that have the first figure of the first one, then for those that are left, and so on."""
    tables = []
    while groups:
        first = set(_numbers(next(iter(groups.values())))[:1])
        same = {key: group for key, group in groups.items() if first <= group.keys()}
        columns = list(dict.fromkeys(column for group in same.values() for column in _numbers(group)))
        if columns:
            rows = [[words(key), *(_number(group.get(c), c) for c in columns)] for key, group in same.items()]
            tables.append(table([["name", *map(words, columns)], *rows]))
        groups = {key: group for key, group in groups.items() if key not in same}
    return tables


def _numbers(group: dict) -> list[str]:
    return [key for key, value in group.items() if isinstance(value, int | float)]


def _number(value: object, key: str = "") -> str:
    if not isinstance(value, int | float):
        return ""
    if key in _SHARES or "share" in key:
        return f"{100 * value:.3g} %"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
