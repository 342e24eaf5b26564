"""Our VoiceFM and ParametricSynth against SynthAX's, for the same physical values."""

import pytest
import torch
import torchaudio

import synths
from synths import modules
from synths.dsp.clock import Clock

pytest.importorskip("synthax", reason="synthax is not installed")
jax = pytest.importorskip("jax", reason="jax is not installed")

RATE = 44100


def oscillators(*counts):
    return dict(zip(("sine", "square_saw", "fm_sine", "fm_square_saw"), counts, strict=True))


def their_module(cls, batch, seconds=0.1, **counts):
    from synthax import synth
    from synthax.config import SynthConfig

    return getattr(synth, cls)(SynthConfig(batch, RATE, seconds, 441), **counts)


def their_knobs(theirs):
    """SynthAX's parameter tensors by slot, and their shapes."""
    shapes = jax.eval_shape(theirs.init, jax.random.PRNGKey(0))["params"]
    return {slot.removeprefix("modules_"): knobs for slot, knobs in shapes.items()}


def place(space, slot, shapes):
    """For every tensor of a slot of theirs, its name and the columns of our theta that fill it."""
    ours = [i for i, name in enumerate(space.names) if name.startswith(f"{slot}.")]
    for knob, shape in shapes.items():
        if knob == "mod":  # (batch, targets, sources)
            n_targets, n_sources = shape.shape[1:]
            yield knob, torch.tensor(ours).view(n_sources, n_targets).T
        elif knob == "level":
            yield knob, torch.tensor(ours)
        else:
            yield knob, torch.tensor(space.column(f"{slot}.{knob}"))


def play(theirs, space, theta):
    """Their sound with their knobs, which are in [0, 1] with the same curves, at theta."""
    params = {
        f"modules_{slot}": {knob: theta[:, columns].numpy() for knob, columns in place(space, slot, shapes)}
        for slot, shapes in their_knobs(theirs).items()
    }
    return torch.tensor(jax.device_get(jax.jit(theirs.apply)({"params": params})).tolist())


@pytest.mark.parametrize(
    ("ours", "theirs", "counts", "expected"),
    [
        (synths.VoiceFM, "VoiceExpanded", {}, 130),
        (
            synths.ParametricSynth,
            "ParametricSynth",
            oscillators(2, 2, 1, 1),
            340,
        ),
        (
            synths.ParametricSynth,
            "ParametricSynth",
            oscillators(2, 2, 1, 0),
            261,
        ),
        (
            synths.ParametricSynth,
            "ParametricSynth",
            oscillators(0, 1, 0, 2),
            None,
        ),
    ],
)
def test_knobs_are_those_of_synthax(ours, theirs, counts, expected):
    space, slots = ours(**counts).space, their_knobs(their_module(theirs, 1, **counts))
    columns = [c for slot, shapes in slots.items() for _, at in place(space, slot, shapes) for c in at.flatten()]
    assert sorted(map(int, columns)) == list(range(len(space)))
    assert expected is None or len(space) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "counts"),
    [
        (synths.VoiceFM, "VoiceExpanded", {}),
        (synths.ParametricSynth, "ParametricSynth", oscillators(2, 2, 1, 1)),
    ],
)
def test_ranges_are_those_of_synthax(ours, theirs, counts):
    from synthax import synth

    space = ours(**counts).space
    theirs = their_module(theirs, 1, **counts)
    rack = theirs.bind({"params": {}}, mutable=True).modules  # runs setup, nothing else
    assert {type(module) for module in rack.values()} >= {synth.FmVCO, synth.SineVCO, synth.SquareSawVCO, synth.ADSR}
    for parameter in space:
        slot, knob = parameter.name.split(".")
        knob = {"mod_matrix": "mod", "mixer": "level"}.get(slot, knob)
        expected = getattr(rack[slot], knob)
        assert (parameter.low, parameter.high) == pytest.approx((float(expected.minimum), float(expected.maximum)))
        assert (parameter.curve, parameter.symmetric) == (expected.curve, expected.symmetric), parameter.name


def rows_by_their_peak(theirs):
    """They scale by the first sound's peak, which here is silent; ours each by its own."""
    return theirs / theirs.abs().amax(dim=1, keepdim=True).clamp_min(1)


@pytest.mark.parametrize(
    ("ours", "theirs", "counts"),
    [
        (synths.VoiceFM, "VoiceExpanded", {}),
        (synths.ParametricSynth, "ParametricSynth", oscillators(1, 1, 1, 1)),
    ],
)
def test_same_sound_to_the_ear(ours, theirs, counts):
    ours = ours(**counts, seconds=1.0)
    space = ours.space
    theta = ours.sample(torch.arange(33))
    theta[:, space.column("mixer.noise")] = 0
    theta[0, [i for i, name in enumerate(space.names) if name.startswith("mixer.")]] = 0
    theirs = rows_by_their_peak(play(their_module(theirs, len(theta), 1.0, **counts), space, theta))[1:]
    mel = torchaudio.transforms.MelSpectrogram(RATE, n_fft=2048, hop_length=512, n_mels=128)
    ours_db, theirs_db = (10 * (mel(x) + 1e-3).log10().flatten(1) for x in (ours.render(theta[1:]), theirs))
    distance_db = torch.cdist(ours_db, theirs_db, p=1) / ours_db.shape[1]
    # Measured: median 0.8 and 1.1 dB, worst 1.7 and 3.1 dB; two different sounds are 18 to 21 dB apart.
    assert distance_db.diag().median() < 1.5
    assert distance_db.diag().max() < 5
    assert (distance_db.argmin(dim=1) == torch.arange(32)).all(), "each is nearest to its own"


def test_same_frequency_modulation_sample_by_sample():
    """Their phase at a sample is ours at the next: it already holds the step that leads there."""
    from synthax.config import SynthConfig
    from synthax.modules.oscillators import FmVCO

    n, hop = 4000, 100
    modulator = torch.sin(torch.arange(n) * torch.tensor([[0.01], [0.1], [0.5]])) * torch.linspace(0, 1, n)
    space = synths.ParameterSpace.of({"vco": modules.FmVCO().knobs})
    theta = torch.tensor([[0.5, 0.7, 0.1], [0.3, 0.2, 0.5], [0.8, 0.9, 0.6]])
    midi_f0 = torch.tensor([45.0, 60.0, 80.0])
    tensors = {knob: theta[:, i].numpy() for i, knob in enumerate(("tuning", "mod_depth", "initial_phase"))}
    vco = FmVCO(SynthConfig(3, RATE, n / RATE, 441))
    theirs = vco.apply({"params": tensors}, midi_f0.numpy(), modulator.numpy())
    clock = Clock(RATE, hop, n // hop, theta.device, torch.float32)
    tuning, mod_depth, initial_phase = space.to_physical(theta).unbind(dim=1)
    ours = modules.FmVCO().forward(
        clock,
        midi_f0.double(),
        modulator.view(3, -1, hop),
        tuning=tuning,
        mod_depth=mod_depth,
        initial_phase=initial_phase,
    )
    # Their single precision phase grows to thousands of radians.
    assert (ours.flatten(1)[:, 1:] - torch.tensor(theirs.tolist())[:, :-1]).abs().max() < 0.05
