"""Figures of a result as Markdown tables."""

# Packs of recordings, as readers know them.
PACKS = {"esc10": "ESC-10", "fsdd": "spoken digits", "arabic_speech_commands": "Arabic words"}


def table(lines: list[list[str]]) -> str:
    """Lines of cells, the first of which are titles, as a table whose columns sort.js sorts."""
    titles, *rows = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join(["```{table}", ":class: sortable", "", titles, f"|{' --- |' * len(lines[0])}", *rows, "```"])


def words(name: str) -> str:
    """A key of a result in words."""
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
    while len(groups := {key: value for key, value in found.items() if isinstance(value, dict)}) == 1 == len(found):
        found = groups[next(iter(groups))]
    single = {key: value for key, value in found.items() if isinstance(value, int | float)}
    parts = ["\n".join(f"* {words(key)}: {_number(value)}" for key, value in single.items())] if single else []
    nested = {key: value for key, value in groups.items() if any(isinstance(v, dict) for v in value.values())}
    parts += [f"{'#' * level} {words(key)}\n\n{tables_of(value, level + 1)}" for key, value in nested.items()]
    left = {key: value for key, value in groups.items() if key not in nested}
    while left:
        columns = [key for key, value in next(iter(left.values())).items() if isinstance(value, int | float)]
        same = [key for key in left if not columns or columns[0] in left[key]]
        columns = list(dict.fromkeys(c for key in same for c, v in left[key].items() if isinstance(v, int | float)))
        if columns:
            lines = [["name", *map(words, columns)]]
            lines += [[words(key), *(_number(left[key].get(column)) for column in columns)] for key in same]
            parts.append(table(lines))
        left = {key: value for key, value in left.items() if key not in same}
    if settings:
        named = [f"{words(key)} {_number(value) or value}" for key, value in settings.items()]
        parts.append(f"Settings: {', '.join(named)}.")
    return "\n\n".join(parts)


def _number(value: object) -> str:
    if not isinstance(value, int | float):
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
