"""docs/loading.md: every block runs; those of torch and onnxruntime without this project."""

import re
import shlex
import warnings
from pathlib import Path

import pytest
import torch

import doppelganger
from doppelganger.__main__ import main
from tests import without
from tests.hub.published import encoder_with, published

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "loading.md").read_text(encoding="utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
OURS = ("doppelganger", "synths", "lightning_modules")


def blocks(section, language="python"):
    return re.findall(rf"```{language}\n(.*?)```", SECTIONS[section], re.S)


def run(section, **names):
    (code,) = blocks(section)
    exec(compile(code, section, "exec"), names := {"doppelganger": doppelganger, "torch": torch, **names})
    return names["encoder"]


def run_command(section):
    (line,) = blocks(section, "bash")
    _, _, _, *arguments = shlex.split(line)
    main(arguments)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A folder in which the command of "From a file" was run."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.chdir(folder)
        run_command("From a file")
    return folder


def test_every_block_is_run():
    run_here = set(re.findall(r'(?:run|run_command|blocks|shape_printed)\("(.*?)"', Path(__file__).read_text("utf-8")))
    assert {section for section, text in SECTIONS.items() if "```" in text} == run_here


def test_the_package_and_a_file_hold_the_same_encoder(exported, monkeypatch):
    monkeypatch.chdir(exported)
    waveform = torch.randn(2, 16000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(run("From the package")(waveform), run("From a file")(waveform))


def test_the_hub(server):
    (commit,) = published(server, "user/repo", encoder := encoder_with(seed=1))
    server.repositories["user/repo"].refs["v1.0"] = commit
    waveform = torch.randn(2, 8000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(run("From the Hugging Face Hub")(waveform), encoder(waveform))


def test_torch_hub(server, monkeypatch):
    published(server, "user/repo", encoder := encoder_with(seed=1))
    load = torch.hub.load

    def load_here(repository, *arguments, **options):
        assert repository == "user/doppelganger"
        return load(str(ROOT), *arguments, source="local", **options)

    monkeypatch.setattr(torch.hub, "load", load_here)
    waveform = torch.randn(2, 8000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(run("From torch.hub")(waveform), encoder(waveform))
    assert load(str(ROOT), "small-labels", source="local", pooling=["max"]).arguments["pooling"] == ["max"]


def test_torch_hub_needs_three_packages(tmp_path):
    others = ("soundfile", "yaml", "rich", "pyarrow", "soxr", "scipy", "timm", "torchvision", "huggingface_hub")
    code = f"""
import torch
encoder = torch.hub.load({str(ROOT)!r}, "small", source="local")
print(encoder(torch.zeros(1, 16000)).shape)
"""
    assert without.run(code, *others)[0] == "torch.Size([1, 1024])\n"


def shape_printed(section, folder, *blocked):
    (code,) = blocks(section)
    return without.run(f"import os; os.chdir({str(folder)!r})\n{code}\nprint(tuple(embedding.shape))", *blocked)[0]


def test_torch_alone(exported):
    assert shape_printed("With torch alone", exported, *OURS, "safetensors", "timm", "numpy") == "(4, 1024)\n"


def test_onnxruntime_alone(exported):
    pytest.importorskip("onnxruntime")
    assert shape_printed("With onnxruntime alone", exported, *OURS, "torch", "safetensors") == "(4, 1024)\n"


def test_an_encoder_is_published(server, logged_in):
    run_command("Publish an encoder")
    assert server.repositories["user/repo"].private
    small = doppelganger.load_encoder("small").state_dict()
    loaded = doppelganger.load_encoder("user/repo").state_dict()
    assert small.keys() == loaded.keys() and all(torch.equal(small[name], loaded[name]) for name in small)
