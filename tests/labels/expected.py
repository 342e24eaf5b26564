"""Rules and texts as committed in rule_names.txt and phrase_names.txt: what the tables of the package must give.

After a change of a table that is meant, ``python -m tests.labels.expected`` writes both files anew.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from doppelganger.labels import causes
from doppelganger.labels.captions import likenesses, phrases
from doppelganger.labels.causes.causes import HELPERS, Causes
from doppelganger.labels.conditions import Range
from doppelganger.labels.tags import rules as shared
from doppelganger.labels.tags.rule import Rule

RULE_NAMES, PHRASE_NAMES = (Path(__file__).with_name(name) for name in ("rule_names.txt", "phrase_names.txt"))


def edges(ranges: Iterable[Range]) -> str:
    return "; ".join(f"{fact} {low:g} {high:g}" for fact, low, high in ranges)


def rule_line(file: str, rule: Rule) -> str:
    return "\t".join((file, rule.word, rule.aspect, edges(rule.ranges)))


def parse(line: str) -> tuple[str, Rule]:
    """The file and the rule of a line, whose edges have six digits."""
    file, word, aspect, ranges = line.split("\t")
    (fact, low, high), *also = (part.rsplit(" ", 2) for part in ranges.split("; "))
    others = tuple(Range(name, float(a), float(b)) for name, a, b in also)
    return file, Rule(word, aspect, fact, float(low), float(high), others)


def of_every_file() -> dict[str, Causes]:
    names = sorted({module.name for module in pkgutil.iter_modules(causes.__path__)} - HELPERS)
    return {name: importlib.import_module(f"{causes.__name__}.{name}").CAUSES for name in names}


def rule_lines() -> Iterator[str]:
    """The rules of the package."""
    for name in sorted(module.name for module in pkgutil.iter_modules(shared.__path__)):
        for rule in importlib.import_module(f"{shared.__name__}.{name}").RULES:
            yield rule_line(f"tags/{name}", rule)
    for name, each in of_every_file().items():
        yield from (rule_line(f"causes/{name}", rule) for rule in each.all_rules())


def phrase_lines() -> Iterator[str]:
    """The phrases of the package, and the nouns and clauses of its sources."""
    tables = {"captions/phrases": phrases.SLOTS, "captions/likenesses": {"like": likenesses.PHRASES}}
    tables |= {f"causes/{name}": each.phrases for name, each in of_every_file().items()}
    for file, slots in tables.items():
        for slot, some in slots.items():
            yield from ("\t".join((file, slot, "/".join(p.texts), edges(p.ranges))) for p in some)
    for name, each in of_every_file().items():
        for slot, texts in (("noun", each.sources), ("clause", each.clauses)):
            yield from ("\t".join((f"causes/{name}", slot, "/".join(some), source)) for source, some in texts.items())


def committed(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


LINES = committed(RULE_NAMES) if RULE_NAMES.exists() else []
# File -> its rules, and synth -> its sources, in their order.
RULES: dict[str, list[Rule]] = {}
for file, rule in map(parse, LINES):
    RULES.setdefault(file, []).append(rule)
SOURCES: dict[str, list[str]] = {}
for line in committed(PHRASE_NAMES) if PHRASE_NAMES.exists() else []:
    file, slot, _, condition = line.split("\t")
    if slot == "noun":
        SOURCES.setdefault(file.removeprefix("causes/"), []).append(condition)


if __name__ == "__main__":
    for path, lines in ((RULE_NAMES, rule_lines()), (PHRASE_NAMES, phrase_lines())):
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
