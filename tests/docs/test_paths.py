"""Paths in help and docs: each is the reader's own, or of the package, or written by a command that comes before it."""

import ast
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from lightning_modules.configuration.files import find_config, names

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "configs").rglob("*.yaml"))]
COMMANDS = [
    path
    for folder in ("synths/commands", "doppelganger/commands", "lightning_modules")
    for path in sorted((ROOT / folder).glob("*.py"))
]
# What a reader brings: recordings, a data set, a file that is named by its kind, a folder that machines share.
READERS = re.compile(
    r"(\.\./shared/|/shared/|/scratch/|data/|models/)\S*|my_sounds/\S*|(my_labelled_sounds|my_midi|recordings|new)/?|sounds/(bell\.wav)?|"
    r"dark\.yaml|"
    r"(bell|kick|a|target|song|bank|b|captions|my_sounds|mine|tracks|labels)\.(wav|flac|mid|syx|jsonl|yaml|csv)"
)
# What a command writes where no --out names it.
DEFAULTS = {"match": ["match"], "tags": ["tags"]}
SUFFIXES = "wav flac json jsonl yaml parquet png html csv ckpt syx mid tar safetensors onnx db"
PROGRAMS = ("synths", "doppelganger", "doppelganger-train")


def commands_of(text):
    """Program and arguments of the commands in a text, in their order."""
    for line in re.sub(r"\\\n\s*#?", " ", text).splitlines():
        found = re.match(r"\s*(?:#\s+)?(?:(?:torchrun|srun) [-\w= ]*?)?(?:python -m )?(\S+) (.*)", line)
        if not found or found[1] not in (*PROGRAMS, "train.py"):
            continue
        try:
            words = shlex.split(found[2], comments=True)
        except ValueError:
            continue  # prose with an apostrophe
        if words and re.fullmatch(r"[a-z-]+", words[0]):
            yield found[1], words


def values_of(words, *options):
    return [value for option, value in pairwise(words) if option in options]


def name_of_run(config):
    made = yaml.safe_load(find_config(config).read_text())
    return made.get("name") if isinstance(made, dict) else None


def written_by(words):
    """Paths that a command writes."""
    yield from values_of(words, "--out", "-o", "--cache", "--storage")
    if words[0] == "fit":
        configs = [config for config in values_of(words, "-c", "--config") if config in names()]
        named = values_of(words, "--name") or [name for config in configs if (name := name_of_run(config))]
        yield from (f"runs/{name}" for name in named[-1:])
    yield from DEFAULTS.get(words[0], [])


def read_by(words):
    """Paths that a command reads."""
    previous = ""
    for word in words[1:]:
        option, previous = previous, word
        value = word.partition("=")[2] if re.match(r"-*[\w.]+=", word) and "://" not in word else word
        is_output = option in ("--out", "-o", "--cache", "--name", "--push", "--config", "-c", "--storage", "--set")
        if (
            is_output
            or value.startswith("-")
            or "://" in value
            or "$" in value
            or value.removesuffix(".yaml") in names()
        ):
            continue
        value = value.removeprefix("presets:").removeprefix("transformers:")
        if "/" in value or re.search(rf"\.({SUFFIXES.replace(' ', '|')})$", value):
            yield value.rstrip("/")


NAMES_OF_RUNS = {name_of_run(config) for config in names()} - {None}


def missing(text):
    """Paths that nothing has made before they are read."""
    there, found = set(), []
    for _, words in commands_of(text):
        for path in read_by(words):
            run = re.fullmatch(r"runs/([\w-]+)", path)
            is_made = any(path == made or path.startswith(f"{made}/") for made in there)
            is_run = run is not None and run[1] in NAMES_OF_RUNS
            if not (is_made or is_run or READERS.fullmatch(path) or READERS.fullmatch(f"{path}/")):
                found.append(path)
        there |= {path.rstrip("/") for path in written_by(words)}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_paths_of_a_page_are_there(page):
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        text = "\n".join(re.findall(r"```(?:bash|console|yaml)?\n(.*?)```", text, re.S))
    assert missing(text) == []


@pytest.mark.parametrize("module", COMMANDS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_paths_of_help_are_there(module):
    assert missing(ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "") == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.suffix == ".md"], ids=lambda page: page.stem)
def test_runs_that_are_named_have_a_config(page):
    text = page.read_text(encoding="utf-8")
    given = set(re.findall(r"--name[ =]([\w-]+)", text)) | {"NAME", "DATE-TIME", "missing", "sweeps"}
    assert set(re.findall(r"\bruns/([\w-]+)", text)) <= NAMES_OF_RUNS | given


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("doppelganger evaluate --encoder runs/quickstart/last.ckpt", ["runs/quickstart/last.ckpt"]),
        ("doppelganger search words --model runs/contrastive_text --in sounds/", ["runs/contrastive_text"]),
        ("synths render voice --out a/\nsynths verify b/", ["b"]),
        ("synths verify a/\nsynths render voice --out a/", ["a"]),
        ("synths render voice --out a/\nsynths verify a/", []),
        ("doppelganger-train fit --config quickstart --name own\ndoppelganger embed a.wav --encoder runs/own", []),
    ],
)
def test_a_stale_path_is_found(text, expected):
    assert missing(text) == expected
