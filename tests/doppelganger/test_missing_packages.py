"""Missing packages: one line with the command that installs them."""

from importlib import metadata
from pathlib import Path

import pytest
import torch

from doppelganger.missing_packages import command_for, naming_missing_packages
from synths.command_line.usage import UsageError
from tests import without

REQUIREMENTS = [
    "torch>=2.6",
    "PyYAML",
    'doppelganger-audio[embed]; extra == "train"',
    'soxr>=0.5; extra == "embed"',
    "scikit-learn>=1.5; extra == 'train'",
    "scipy>=1.11; extra == 'train'",
    "pytorch-lightning<3,>=2.6; extra == 'train'",
    "scipy>=1.11; extra == 'match'",
]


def not_installed(distribution):
    raise metadata.PackageNotFoundError(distribution)


@pytest.mark.parametrize(
    ("module", "installed", "expected"),
    [
        ("soxr", True, "pip install 'doppelganger-audio[embed]'"),
        ("sklearn", True, "pip install 'doppelganger-audio[train]'"),
        ("scipy", True, "pip install 'doppelganger-audio[train]'"),
        ("pytorch_lightning", True, "pip install 'doppelganger-audio[train]'"),
        ("yaml", True, "pip install doppelganger-audio"),
        ("torchaudio", True, "pip install torchaudio"),
        ("sklearn", False, "pip install scikit-learn"),
    ],
)
def test_the_first_extra_that_has_a_package_is_named(module, installed, expected, monkeypatch):
    monkeypatch.setattr(metadata, "requires", (lambda _: REQUIREMENTS) if installed else not_installed)
    assert command_for(module) == expected


def test_our_own_missing_module_is_a_mistake():
    with pytest.raises(ModuleNotFoundError), naming_missing_packages():
        import doppelganger.nothing  # noqa: F401  # pyright: ignore
    said = r"no package nothing_like_it: pip install nothing_like_it"
    with pytest.raises(UsageError, match=said), naming_missing_packages():
        import nothing_like_it.part  # noqa: F401  # pyright: ignore


def test_a_torchvision_of_another_torch_is_named():
    said = r"^torchvision \S+ was built for another torch than \S+: install both from one index, .* or remove it"
    with pytest.raises(UsageError, match=said), naming_missing_packages():
        torch.library.Library("torchvision", "FRAGMENT").impl("nms_of_no_build", abs, "Meta")


def test_other_errors_stay_as_they_are():
    with pytest.raises(RuntimeError, match="out of memory"), naming_missing_packages():
        raise RuntimeError("out of memory")


TRAIN = "from lightning_modules.training_command import main; main()"


@pytest.mark.parametrize(
    ("code", "package", "program"),
    [
        ("from doppelganger.__main__ import main; main(['evaluate', '--help'])", "sklearn", "python -m doppelganger"),
        ("from doppelganger.__main__ import main; main(['embed', '--help'])", "pyarrow", "python -m doppelganger"),
        ("import sys; sys.argv += ['fit']; " + TRAIN, "pytorch_lightning", "-c"),
        ("import sys; sys.argv += ['study', 'studies/patterns']; " + TRAIN, "scipy", "-c"),
    ],
)
def test_a_command_says_so_in_one_line(code, package, program):
    _, said = without.run(code, package, expected_exit=2)
    assert said.startswith(f"{program}: no package {package}: pip install ") and said.count("\n") == 1


def test_the_chat_tagger_names_its_extra(tmp_path):
    requirement = "openai>=3"
    assert f'\nchat = ["{requirement}"]\n' in Path("pyproject.toml").read_text()
    captions = tmp_path / "captions.jsonl"
    captions.write_text('{"id": 1, "caption": "a dog"}')
    arguments = ["tags", "build", str(captions), "--tagger", "chat", "--base-url", "http://localhost:1/v1"]
    code = f"""
from importlib import metadata
metadata.requires = lambda _: [{requirement!r} + '; extra == "chat"']
from doppelganger.__main__ import main
main({[*arguments, "--model", "m", "--out", str(tmp_path)]})
"""
    _, said = without.run(code, "openai", expected_exit=2)
    program = "python -m doppelganger tags"
    assert said == f"{program}: --tagger chat needs openai 3 or newer: pip install 'doppelganger-audio[chat]'\n"
    without.run("from doppelganger.__main__ import main; main(['tags', '--help'])", "openai")
