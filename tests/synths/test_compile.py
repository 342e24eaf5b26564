"""Compiled sounds against eager ones."""

import warnings

import pytest
import torch
from torch._dynamo.testing import CompileCounter
from torch._inductor.cpu_vec_isa import VecAVX2, VecISA
from torch.fx.experimental.proxy_tensor import make_fx

import synths
from synths.compiling import instruction_sets
from synths.dsp.distortion import tanh


class Tone(synths.AudioSynth):
    """As little of a synth as there can be."""

    def __init__(self):
        knob = synths.Parameter("frequency", 20, 2000, "Hz", doc="pitch")
        super().__init__(synths.ParameterSpace([knob]), sample_rate=16000, seconds=0.01)

    def synthesize(self, physical, key, dtype):
        time_s = torch.arange(self.n_samples, device=physical.device) / self.sample_rate
        return torch.sin(2 * torch.pi * physical * time_s).to(dtype)


GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@pytest.mark.slow
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=GPU)])
def test_compiled_sounds_like_eager(device):
    eager, compiled = synths.Voice(seconds=1.0), synths.Voice(seconds=1.0)
    compiled.compile(fullgraph=True)
    index = torch.arange(64, device=device)
    with warnings.catch_warnings():
        # Falling back to eager would sound the same, too.
        warnings.filterwarnings("error", message="could not compile")
        sounds, slopes = zip(*(sound_and_slope(synth, index) for synth in (compiled, eager)), strict=True)
    difference = (sounds[0] - sounds[1]).abs().amax(dim=1)
    # A square wave with 1,600 partials is so steep that the last bit of its phase, which a compiler may
    # round another way, moves a sample on an edge by up to 3e-4.
    assert difference.max() < 2e-3
    assert difference.median() < 1e-5
    # Measured: median 1e-5, worst 0.007, for the same reason.
    error = (slopes[0] - slopes[1]).norm(dim=1) / slopes[1].norm(dim=1)
    assert error.max() < 0.05


def sound_and_slope(synth, index):
    theta = synth.sample(index).requires_grad_()
    sound = synth.render(theta, synth.noise_key(index))
    return sound.detach(), torch.autograd.grad(sound.sum(), theta)[0]


@pytest.mark.parametrize("cls", [synths.Modal, synths.Voice])
def test_one_compilation_is_enough_for_any_batch(cls):
    torch._dynamo.reset()
    kernels, synth = CompileCounter(), cls(sample_rate=16000, seconds=0.1)
    synth.compile(fullgraph=True, backend=kernels)
    for n in (64, 32, 1, 7, 100):
        assert synth.play(range(n)).shape == (n, 1600)
    assert kernels.frame_count == 1


def test_a_single_row_sounds_as_in_a_batch():
    torch._dynamo.reset()
    synth = Tone()
    plain = synth.play(range(3))
    synth.compile(fullgraph=True, backend="eager")
    torch.testing.assert_close(synth.play([2]), plain[2:], rtol=0, atol=1e-6)


def test_no_signal_of_a_voice_is_copied_in_the_memory_of_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    voice = synths.Voice(seconds=0.5)
    # Tensors without numbers, in place of a GPU's.
    physical = torch.empty(2, len(voice.space), dtype=torch.float64, device="meta")
    key = torch.empty(2, dtype=torch.int64, device="meta")
    graph = make_fx(lambda *inputs: voice.synthesize(*inputs, torch.float32))(physical, key).graph
    copies = [node.meta["tensor_meta"].shape for node in graph.nodes if "kept" in str(node.target)]
    assert copies and max(shape.numel() for shape in copies) < 2 * voice.n_samples / 5


def test_tanh_as_it_is_compiled(monkeypatch):
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    x = torch.tensor([-1e4, -9, -1, -1e-4, 0, 1e-3, 0.5, 3, 20, 1e4], requires_grad=True)
    exact = torch.tanh(x.detach().double())
    y = tanh(x)
    y.sum().backward()
    assert (y - exact).abs().max() < 2e-7
    assert (x.grad - (1 - exact**2)).abs().max() < 1e-6


@torch._inductor.config.patch({"cpp.cxx": (None, "/nowhere/c++"), "force_disable_caches": True})
def test_without_a_compiler_it_warns_once_and_renders():
    torch._dynamo.reset()
    tone, index = Tone(), torch.arange(4)
    tone.compile()
    with pytest.warns(UserWarning, match="could not compile tone, running it eagerly"):
        first = tone.play(index)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second = tone.play(index)
    assert torch.equal(first, Tone().play(index)) and torch.equal(second, first)


def test_what_a_compiler_can_do_is_asked_once_a_machine(monkeypatch, tmp_path):
    asked = []
    answers = {"known": True, "unknown": False}
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(VecISA, "check_build", lambda self, code: asked.append(code) or answers[code])
    before = VecISA.check_build
    for _ in range(2):
        with instruction_sets.remembered():
            assert VecAVX2().check_build("known")
            assert not VecAVX2().check_build("unknown")
    assert asked == ["known", "unknown", "unknown"]
    assert VecISA.check_build is before
