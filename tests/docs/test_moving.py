"""docs/moving.md: its names exist on both sides, and its code carries parameters over."""

import importlib
import inspect
import re
from functools import reduce

import pytest
import torch

import synths
from synths.import_torchsynth import import_torchsynth
from tests.docs.page import blocks, text_of

TORCHSYNTH, SYNTHAX = re.findall(r"^\|.*?(?=\n\n)", text_of("moving.md"), re.S | re.M)


def cells(table: str) -> list[tuple[str, str]]:
    """The left and right cells of a table's lines."""
    return [tuple(line.strip("| ").split(" | ", 1)) for line in table.splitlines()[2:]]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(synths(?:\.\w+)+)", text_of("moving.md")))))
def test_a_name_of_ours_is_a_documented_class_or_function(path):
    """As an attribute, or through the modules that hold it."""
    parts = path.split(".")
    for n in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        named = reduce(getattr, parts[n:], module)
        assert callable(named) and inspect.getdoc(named) and named.__module__.startswith("synths")
        return


def test_the_names_of_torchsynth_exist():
    pytest.importorskip("torchsynth", reason="torchsynth is not installed")
    theirs = import_torchsynth()
    from torchsynth import module, parameter  # pyright: ignore[reportMissingImports]

    holders = (theirs.synth, theirs.config, module, parameter, theirs.synth.Voice, parameter.ModuleParameter)
    names = [
        name for left, _ in cells(TORCHSYNTH) for name in re.findall(r"`(?:voice\.|ModuleParameter\.)?(\w+)", left)
    ]
    assert len(names) > 25
    for name in names:
        assert name == "voice" or any(hasattr(holder, name) for holder in holders), name


def test_every_module_of_torchsynth_is_named():
    pytest.importorskip("torchsynth", reason="torchsynth is not installed")
    theirs = import_torchsynth()
    for child in theirs.synth.Voice(theirs.config.SynthConfig(32, 16000, 0.1)).children():
        assert f"`{type(child).__name__}`" in TORCHSYNTH


def test_a_voice_of_torchsynth_becomes_theta():
    pytest.importorskip("torchsynth", reason="torchsynth is not installed")
    exec(compile(blocks("moving.md", "python")[0], "moving.md", "exec"), names := {})
    theta, theirs, space = names["theta"], names["theirs"], names["voice"].space
    assert theta.shape == (32, 78) and names["sounds"].shape == (32, 44100)
    physical = space.to_physical(theta)
    for (slot, knob), value in theirs.get_parameters().items():
        column = physical[:, space.column(f"{slot}.{knob}")]
        torch.testing.assert_close(column.float(), value.from_0to1().detach().float(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "synth", [synths.VoiceFM(), synths.ParametricSynth(sine=1, fm_sine=0)], ids=["voicefm", "parametric"]
)
def test_the_tree_of_synthax_becomes_theta(synth):
    theta = synth.sample(torch.arange(3))
    tree: dict[str, dict] = {}
    for column, name in enumerate(synth.space.names):
        slot, knob = name.split(".")
        tree.setdefault(f"modules_{slot}", {})[knob] = theta[:, column].numpy()
    matrix, mixer = tree["modules_mod_matrix"], tree["modules_mixer"]
    sources = list(dict.fromkeys(name.split("->")[0] for name in matrix))
    targets = list(dict.fromkeys(name.split("->")[1] for name in matrix))
    mod = torch.stack([torch.stack([torch.tensor(matrix[f"{s}->{t}"]) for s in sources], 1) for t in targets], 1)
    tree["modules_mod_matrix"] = {"mod": mod.numpy()}  # (batch, targets, sources)
    tree["modules_mixer"] = {"level": torch.stack([torch.tensor(value) for value in mixer.values()], 1).numpy()}
    exec(compile(blocks("moving.md", "python")[1], "moving.md", "exec"), names := {})
    assert torch.equal(names["theta_of"](tree, synth), theta)
