"""Figures of a result as Markdown tables."""


def table(lines: list[list[str]]) -> str:
    """Lines of cells, the first of which are titles and dashes, as a table."""
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


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
    parts = ["\n".join(f"* {_words(key)}: {_number(value)}" for key, value in single.items())] if single else []
    nested = {key: value for key, value in groups.items() if any(isinstance(v, dict) for v in value.values())}
    parts += [f"{'#' * level} {_words(key)}\n\n{tables_of(value, level + 1)}" for key, value in nested.items()]
    left = {key: value for key, value in groups.items() if key not in nested}
    while left:
        columns = [key for key, value in next(iter(left.values())).items() if isinstance(value, int | float)]
        same = [key for key in left if not columns or columns[0] in left[key]]
        columns = list(dict.fromkeys(c for key in same for c, v in left[key].items() if isinstance(v, int | float)))
        if columns:
            lines = [["", *map(_words, columns)], ["---"] * (1 + len(columns))]
            lines += [[_words(key), *(_number(left[key].get(column)) for column in columns)] for key in same]
            parts.append(table(lines))
        left = {key: value for key, value in left.items() if key not in same}
    if settings:
        named = [f"{_words(key)} {_number(value) or value}" for key, value in settings.items()]
        parts.append(f"Settings: {', '.join(named)}.")
    return "\n\n".join(parts)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: object) -> str:
    if not isinstance(value, int | float):
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
