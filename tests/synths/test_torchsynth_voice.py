"""TorchsynthVoice against torchsynth itself."""

import string

import pytest
import torch

import synths
from synths.import_torchsynth import import_torchsynth
from synths.torchsynth import TorchsynthVoice
from tests import python


def synth1b1(batch, size, seconds):
    """Sounds and, by our names, theta of a batch of synth1B1 as torchsynth makes it."""
    pytest.importorskip("torchsynth", reason="torchsynth is not installed")
    package = import_torchsynth()
    voice = package.synth.Voice(package.config.SynthConfig(size, buffer_size_seconds=seconds))
    sound = voice(batch)[0].as_subclass(torch.Tensor)
    knobs = {f"{slot}.{knob}": parameter.data for (slot, knob), parameter in voice.get_parameters().items()}
    return sound, torch.stack([knobs[name] for name in synths.Voice().space.names], dim=1)


@pytest.mark.parametrize(("size", "batch"), [(32, 0), (32, 1), (64, 1)])
def test_reproduces_synth1b1(size, batch):
    expected, theta = synth1b1(batch, size, seconds=1.0)
    ours, index = TorchsynthVoice(seconds=1.0), torch.arange(size) + batch * size
    assert torch.equal(ours.sample(index), theta)
    torch.testing.assert_close(ours.play(index), expected, rtol=0, atol=1e-6)
    for i in (3, size - 1):
        torch.testing.assert_close(ours.play(index[i : i + 1])[0], expected[i], rtol=0, atol=1e-6)


def test_a_seed_is_a_billion_sounds():
    ours = TorchsynthVoice()
    index = torch.tensor([7])
    assert torch.equal(ours.sample(index, seed=2), ours.sample(index + 2_000_000_000))
    assert torch.equal(ours.noise_key(index, seed=2) % 32, index)


def test_every_view_has_another_noise():
    ours, index = TorchsynthVoice(), torch.arange(64)
    views = ["", *string.ascii_lowercase]
    rows = torch.stack([ours.noise_key(index, view=view) % 32 for view in views], dim=1)
    assert all(len(row.unique()) == len(views) for row in rows)
    for view in ("A", "warm", "preset"):
        assert (ours.noise_key(index, view=view) % 32 != rows[:, 0]).all()


def test_same_parameters_as_our_voice():
    assert TorchsynthVoice().space.fingerprint() == synths.Voice().space.fingerprint()


def test_gradients_reach_every_parameter():
    pytest.importorskip("torchsynth", reason="torchsynth is not installed")
    ours = TorchsynthVoice(seconds=1.0)
    theta = ours.sample(torch.arange(32)).requires_grad_()
    ours.render(theta).square().sum().backward()
    assert theta.grad.isfinite().all()
    assert (theta.grad != 0).any(dim=0).all()


def test_the_first_sound_may_be_made_in_inference_mode():
    pytest.importorskip("torchsynth", reason="torchsynth is not installed")
    code = """
import torch
from synths.torchsynth import TorchsynthVoice
ours = TorchsynthVoice(seconds=0.1)
theta = ours.sample(torch.arange(2))
with torch.inference_mode():
    ours.render(theta)
ours.render(theta.clone().requires_grad_()).sum().backward()
"""
    done = python.run(["-c", code])
    assert done.returncode == 0, done.stderr


def test_gradient_is_the_slope():
    """In double, where a difference quotient is exact enough to tell."""
    pytest.importorskip("torchsynth", reason="torchsynth is not installed")
    ours = TorchsynthVoice(seconds=0.1)
    names = ["keyboard.duration", "adsr_1.attack", "adsr_2.sustain", "lfo_1.frequency", "vco_1.tuning", "mixer.vco_2"]
    theta = ours.sample(torch.arange(8)).double().requires_grad_()
    loss = lambda theta: ours.render(theta).square().mean(dim=1)  # noqa: E731
    (slope,) = torch.autograd.grad(loss(theta).sum(), theta)
    for column in map(ours.space.column, names):
        step = torch.zeros_like(theta)
        step[:, column] = 1e-7
        quotient = (loss(theta + step) - loss(theta - step)).detach() / 2e-7
        torch.testing.assert_close(slope[:, column], quotient, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("sample_rate", "seconds"), [(16000, 0.001), (8000, 0.3), (48000, 0.01)])
def test_any_rate_and_length(sample_rate, seconds):
    pytest.importorskip("torchsynth", reason="torchsynth is not installed")
    ours = TorchsynthVoice(sample_rate=sample_rate, seconds=seconds)
    sound = ours.play(torch.arange(3))
    assert sound.shape == (3, ours.n_samples) and sound.isfinite().all()


def test_is_not_compiled():
    with pytest.warns(UserWarning, match="running it eagerly"):
        TorchsynthVoice().compile()


def test_only_sounding_needs_the_package():
    without = """
import sys, torch
class NotInstalled:
    def find_spec(self, name, *_):
        if name.startswith("torchsynth"):
            raise ModuleNotFoundError(name, name="torchsynth")
sys.meta_path.insert(0, NotInstalled())
import synths
voice = synths.find("torchsynth")()
voice.sample(torch.arange(2))
try:
    voice.play(torch.arange(2))
except ImportError as error:
    print(error)
"""
    result = python.run(["-c", without])
    assert "pip install torchsynth==1.0.2" in result.stdout
