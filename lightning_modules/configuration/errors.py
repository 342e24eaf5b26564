"""What jsonargparse says about a mistake in a config, reduced to one line.

It lists every alternative of every nested class, with the values given. The line here has the key, the class and the
reason of the alternative that was followed furthest. A message of another form stays as it is.
"""

import difflib
import importlib
import inspect
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lightning_modules.configuration.files import FOLDER, names

_TREE = re.compile(r"Parser key \"|Problem with given class_path '|Does not validate against any of")
_KEY = re.compile(r'Parser key "([^"]+)"( element \d+)?:')
_CLASS = re.compile(r"Problem with given class_path '([^']+)':")
_NOISE = re.compile(r"Does not validate against any of the Union subtypes|Subtypes: \[.*|Errors:|Given value type: .*")
_PATH = re.compile(r"Expected a path but (.+) either not accessible or invalid(?: \(looked for (.+)\))?")
_CALLABLE = re.compile(r"Type .+? expects a function or a callable class: ")
_FILE = re.compile(r"[^\n{]*(/[^\n{]*|\.ya?ml|\.json)")
_NONE = ("Expected a <class 'NoneType'>",)
_SHOWN = 10  # accepted options
_LONGEST = 200  # characters of a value


@dataclass
class _Reason:
    """An end of the tree: why one alternative was refused."""

    indent: int
    around: list[tuple[str, str]]  # "key" or "class", and its name, from the outside
    text: str
    value: str = ""


def with_places(message: str) -> str:
    """A message with the absolute path of each file that was looked for, while the working directory is still that of
    the config that names it."""

    def placed(found: re.Match) -> str:
        known = found[2] or not _FILE.fullmatch(found[1])
        return found[0] if known else f"{found[0]} (looked for {os.path.abspath(found[1])})"

    return _PATH.sub(placed, message)


def reduced(message: str) -> str:
    """The key and the reason in one line; any other message as it is."""
    reasons = _reasons(message) if _TREE.match(message) else []
    files = [reason for reason in reasons if (path := _PATH.fullmatch(reason.text)) and _FILE.fullmatch(path[1])]
    if files and not any(reason.text.startswith("Invalid content in sub-config") for reason in reasons):
        meant = files[-1:]
    else:
        others = [reason for reason in reasons if not _PATH.fullmatch(reason.text) and reason.text not in _NONE]
        meant = [reason for reason in others if len(reason.around) == max(len(other.around) for other in others)]
    if not meant:
        return message
    key = _dotted(meant[0].around)
    texts = "; ".join(dict.fromkeys(map(_said, meant)))
    return f"{key}: {texts}" if key else texts


def nearest_first(key: str, known: Iterable[str]) -> list[str]:
    """All names, those like the key first."""
    known = list(known)
    near = difflib.get_close_matches(key, known, n=3)
    return near + [name for name in known if name not in near]


def arguments_of(class_path: str) -> list[str]:
    """The arguments of a class or function, in order; none where it cannot be found."""
    module, _, name = class_path.rpartition(".")
    try:
        made = getattr(importlib.import_module(module), name)
        takers = [base.__init__ for base in inspect.getmro(made)] if isinstance(made, type) else [made]
        signatures = [list(inspect.signature(taker).parameters.values()) for taker in takers]
    except (ImportError, AttributeError, TypeError, ValueError):
        return []
    names = {}
    for parameters in signatures:
        names |= {p.name: None for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
        if not any(p.kind == p.VAR_KEYWORD for p in parameters):
            break
    return [name for name in names if name != "self"]


def _reasons(message: str) -> list[_Reason]:
    """The ends of the tree."""
    around: list[tuple[int, str, str]] = []  # indent, kind and name of the keys and classes around a line
    reasons: list[_Reason] = []
    last: _Reason | None = None  # the end that the line may go on with
    value_at = None  # indent of a value that may have several lines
    for line in filter(str.strip, message.splitlines()):
        start, text = len(line) - len(line.lstrip()), line.strip()
        if value_at is not None and start >= value_at:
            continue
        value_at = None
        if last and start >= last.indent:
            last.text += f" {text}"
            continue
        last = None
        indent, text = (start + 1, text[2:]) if text.startswith("- ") else (start, text)
        around = [entry for entry in around if entry[0] < indent]
        named = [(kind, name) for _, kind, name in around]
        text = _CALLABLE.sub("", text, count=1)
        if key := _KEY.fullmatch(text):
            around.append((indent, "key", key[1] + (key[2] or "").replace(" element", ", element")))
        elif found := _CLASS.fullmatch(text):
            around.append((indent, "class", found[1]))
        elif text.startswith("Given value: "):
            value_at = start
            for reason in reasons:
                if reason.indent > start and reason.around == named:
                    reason.value = reason.value or text.removeprefix("Given value: ")
        elif not _NOISE.fullmatch(text):
            last = _Reason(indent, named, text)
            reasons.append(last)
    return reasons


def _dotted(around: list[tuple[str, str]]) -> str:
    """The key as on the command line."""
    parts = ["init_args" if kind == "class" else name for kind, name in around]
    return ".".join(parts[:-1] if around and around[-1][0] == "class" else parts)


def _said(reason: _Reason) -> str:
    text, _, value = reason.text.partition(". Got value: ")
    value = value or reason.value
    owner = reason.around[-1][1] if reason.around and reason.around[-1][0] == "class" else ""
    if path := _PATH.fullmatch(text):
        return _no_file(path[1], path[2])
    if option := re.fullmatch(r"Option '([^']+)' is not accepted", text):
        given = re.search(r"class_path='([^']+)'", value)  # where a callable is expected, its class is in the value
        return _unknown(option[1], owner or (given[1] if given else ""))
    if option := re.fullmatch(r"unrecognized arguments: --(\w+)\b.*", text):
        return _unknown(option[1], owner)
    if re.match(r"No module named |module '[\w.]+' has no attribute ", text):
        return _no_class(owner or value, text)
    if base := re.fullmatch(r"Import path (\S+) does not correspond to a subclass of (\S+)", text):
        return f"expected a subclass of {base[2]}; got {base[1]}"
    if re.match("Expected a dot import path string|Unexpected import path format", text):
        got = text.rpartition(": ")[2]
        hint = "; null replaces a class in a further --config alone, not on the command line" if got == "None" else ""
        return f"expected a class path, as package.module.Class, or a file; got {got}{hint}"
    if kind := re.fullmatch(r"Expected an? (?:<class '(?:\w+\.)*(\w+)'>|(.+))", text):
        return f"expected {kind[1] or kind[2]}" + (f"; got {_cut(value)}" if value else "")
    return f"{owner}: {text}" if owner else text


def _unknown(key: str, owner: str) -> str:
    known = nearest_first(key, arguments_of(owner))
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    accepted = f"; it accepts {', '.join(known[:_SHOWN])}{more}" if known else ""
    return f"{owner} does not accept {key}{accepted}".strip()


def _no_class(class_path: str, reason: str) -> str:
    module, _, name = class_path.rpartition(".")
    try:
        near = difflib.get_close_matches(name, vars(importlib.import_module(module)), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
    except (ImportError, TypeError, ValueError):
        hint = "; correct the class path, or add the folder of its package to PYTHONPATH"
    return f"cannot import {class_path}: {reason}{hint}"


def _no_file(path: str, place: str | None) -> str:
    if (FOLDER / path).is_file():
        hint = f"; did you mean {FOLDER / path}?"
    else:
        near = difflib.get_close_matches(path.removesuffix(".yaml"), names(), n=1)
        hint = f"; did you mean {near[0]}.yaml?" if near else ""
    return (
        f"expected a file; there is no {place or path} (a path is relative to the folder of the config that names it, "
        f"on the command line to the working directory or configs/){hint}"
    )


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST else value[:_LONGEST] + " ..."
