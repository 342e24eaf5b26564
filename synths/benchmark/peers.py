"""The peers: each draws the parameters of a batch of sounds and renders them, in its own way."""

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from synths.import_torchsynth import import_torchsynth
from synths.synth import AudioSynth
from synths.voices.voice import Voice

Call = Callable[[], Any]


@dataclass(frozen=True)
class Work:
    """The work of every peer.

    Args:
        batch: sounds at a time.
        seconds: length of a sound.
        sample_rate: in Hz.
        seed: which sounds.
        device: "cpu" or "cuda".
    """

    batch: int
    seconds: float
    sample_rate: int
    seed: int
    device: str

    @property
    def audio_s(self) -> float:
        """Seconds of sound in a batch."""
        return self.batch * self.seconds

    @property
    def n_bytes(self) -> int:
        """Size of the output buffer: single precision, each sample once."""
        return 4 * self.batch * round(self.seconds * self.sample_rate)


def torchsynth(work: Work) -> Call:
    """torchsynth's Voice. Its noise is made here, once, and is no part of the call.

    Raises:
        ImportError: torchsynth is not installed.
    """
    try:
        theirs = import_torchsynth()
    except ImportError as error:
        raise ImportError("torchsynth is not installed; pip install 'doppelganger-audio[torchsynth]'") from error
    # Reproducible, it takes multiples of 32 only; what it computes in a call is the same.
    config = theirs.config.SynthConfig(work.batch, work.sample_rate, work.seconds, reproducible=False)
    voice = theirs.synth.Voice(config).to(device=work.device)
    voice.on_post_move_to_device()
    return lambda: voice(work.seed)[0].as_subclass(Tensor)


def synthax(work: Work) -> Call:
    """SynthAX's Voice under jax.jit. One row of noise for all sounds is compiled into it.

    Raises:
        ImportError: SynthAX is not installed.
        RuntimeError: JAX does not see the device.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # else it takes most of a GPU from its peers
    try:
        jax = importlib.import_module("jax")
        config = importlib.import_module("synthax.config").SynthConfig
        synth = importlib.import_module("synthax.synth").Voice
    except ModuleNotFoundError as error:
        raise ImportError(f"no module {error.name}; pip install 'doppelganger-audio[synthax]'") from error
    device = jax.devices("gpu" if work.device == "cuda" else "cpu")[0]
    with jax.default_device(device):
        voice = synth(
            config=config(batch_size=work.batch, sample_rate=work.sample_rate, buffer_size_seconds=float(work.seconds))
        )
    draw, render = jax.jit(voice.init), jax.jit(voice.apply)

    def call():
        with jax.default_device(device):
            return render(draw(jax.random.PRNGKey(work.seed))).block_until_ready()

    return call


def ours(work: Work, make: Callable[..., AudioSynth] | None = None, *, compiled: bool) -> Call:
    """Our Voice; or the synth that is made here, at its own sample rate."""
    synth = (make or partial(Voice, sample_rate=work.sample_rate))(seconds=work.seconds)
    if compiled:
        # Code for this one shape, as a program gets it whose batches are all alike.
        synth.compile(dynamic=False)
    index = torch.arange(work.batch, device=work.device)
    return lambda: synth.play(index, work.seed)


def gradient(work: Work) -> Call:
    """Our Voice, compiled, forward and backward: the slope of the sum of all samples, to theta."""
    voice = Voice(sample_rate=work.sample_rate, seconds=work.seconds)
    voice.compile(dynamic=False)
    index = torch.arange(work.batch, device=work.device)

    @torch.enable_grad()
    def call():
        theta = voice.sample(index, work.seed).requires_grad_()
        voice.render(theta, voice.noise_key(index, work.seed)).sum().backward()
        return theta.grad

    return call


TORCHSYNTH, SYNTHAX, EAGER, COMPILED = "torchsynth", "SynthAX, jit", "ours, eager", "ours, compiled"
GRADIENT = "ours, compiled, with gradient"
PEERS: dict[str, Callable[[Work], Call]] = {
    TORCHSYNTH: torchsynth,
    SYNTHAX: synthax,
    EAGER: partial(ours, compiled=False),
    COMPILED: partial(ours, compiled=True),
}
