"""The API reference: every public name is in it."""

import ast
import importlib
import inspect
import re

import pytest

import synths
from docs import api
from tests.docs.page import ROOT

COMMANDS = ("commands", "command_line", "__main__.py", "training_command.py")


@pytest.fixture(scope="module")
def documented(tmp_path_factory):
    """Every path that a page of the reference documents."""
    folder = tmp_path_factory.mktemp("pages")
    api.write(folder)
    text = "\n".join(path.read_text(encoding="utf-8") for path in (folder / "api").glob("*.rst"))
    return set(re.findall(r"^\.\. auto(?:class|function):: ([\w.]+)$", text, re.M))


def test_every_public_definition_of_a_file(documented):
    """Read from the text of the files, as the reference is made from the modules."""
    missing = []
    for package in api.PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            if any(part in COMMANDS or (part[0] == "_" and part != "__init__.py") for part in parts):
                continue
            module = ".".join(parts).removesuffix(".py").removesuffix(".__init__")
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name[0] != "_":
                    missing += [f"{module}.{node.name}"] * (f"{module}.{node.name}" not in documented)
    assert not missing


@pytest.mark.parametrize("package", ["synths", "synths.modules", "doppelganger", "doppelganger.augmentations"])
def test_every_name_of_all(documented, package):
    module = importlib.import_module(package)
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert f"{thing.__module__}.{thing.__name__}" in documented


def test_every_synth(documented):
    assert {f"{cls.__module__}.{cls.__name__}" for cls in synths.catalogue().values()} <= documented


def test_every_class_of_lightning_modules_that_a_config_names(documented):
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "configs").rglob("*.yaml"))
    for path in set(re.findall(r"lightning_modules(?:\.\w+)*\.[A-Z]\w+", text)):
        module, _, name = path.rpartition(".")
        thing = getattr(importlib.import_module(module), name)
        assert f"{thing.__module__}.{thing.__name__}" in documented
