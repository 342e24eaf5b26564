"""Labels follow from the item alone, leave out the inaudible, and use each synth's own causes."""

import math
import warnings

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import synths
from doppelganger.labels.labeller import Labeller
from doppelganger.labels.recording_labeller import RecordingLabeller
from synths.bank import SynthBank
from synths.voice_bank import VoiceBank
from tests.labels.labelling import AUDIO, SETTINGS, labelled, make, named


@pytest.mark.parametrize("name", sorted(AUDIO.keys() - {"soundscape"}))
def test_labels_follow_from_the_item_alone(name):
    n = 6 if name in ("soundscape", "audiopg") else 16
    labeller, many = labelled(make(name), range(n))
    _, one = labelled(make(name), [5])
    audible = make(name).play(range(n)).abs().amax(dim=1) > 1e-3
    assert torch.equal(one.tags[0], many.tags[5])
    assert torch.equal(one.caption[0], many.caption[5])
    torch.testing.assert_close(one.facts[0], many.facts[5], equal_nan=True, rtol=1e-3, atol=1e-3)
    assert all(torch.equal(a[0], b[5]) for a, b in zip(one.events, many.events, strict=True))
    assert many.facts.dtype == torch.float32 and many.facts.shape == (n, len(labeller.facts))
    assert not many.facts.isinf().any()
    assert many.tags.shape == (n, len(labeller.tags)) and many.tags.any(dim=1)[audible].all()


def test_silence_has_no_facts():
    labeller = Labeller(synth := make("voice"))
    index = torch.arange(3)
    labels = labeller(index, synth.sample(index), torch.zeros(3, 16000))
    assert labels.facts.isnan().all() and not labels.tags.any() and not labels.events.active.any()
    assert labels.caption[:, :3].tolist() == [[1, 2, 0]] * 3


def test_noise_has_no_pitch_and_a_tone_no_noise():
    labeller = RecordingLabeller(16000)
    noise = torch.from_numpy(np.random.default_rng(0).standard_normal(16000)).float() * 0.1
    tone = 0.5 * torch.sin(2 * math.pi * 220 * torch.arange(16000) / 16000)
    labels = labeller(torch.arange(2), torch.stack([noise, tone]))
    facts, tags = named(labeller, labels)
    assert math.isnan(facts["pitch_hz"]) and "noise" in tags and "pitched" not in tags
    facts, tags = named(labeller, labels, 1)
    assert facts["pitch_hz"] == pytest.approx(220, rel=1e-3) and {"note A3", "sine-like", "clean"} <= tags


def test_patterns_are_refused():
    with pytest.raises(ValueError, match="expected a synth of sounds; got white"):
        Labeller(synths.find("white")())


def test_a_synth_without_causes_gives_one_warning_and_measured_labels():
    class Unknown(synths.AudioSynth):
        def __init__(self):
            knob = synths.Parameter("frequency", 200, 2000, "Hz", doc="pitch")
            super().__init__(synths.ParameterSpace([knob]), **SETTINGS)

        def synthesize(self, physical, key, dtype):
            return 0.5 * torch.sin(2 * math.pi * physical * torch.arange(self.n_samples) / self.sample_rate).to(dtype)

    with pytest.warns(UserWarning, match="no causes of unknown") as notices:
        labeller = Labeller(synth := Unknown())
    assert len(notices) == 1 and labeller.sources == ("unknown",)
    index = torch.arange(4)
    labels = labeller(index, synth.sample(index), synth.play(index))
    for row in labels.caption.tolist():
        assert {"tone", "note"} & set(labeller.tokenizer.decode(row).replace(".", "").split())


@pytest.mark.parametrize("name", sorted(AUDIO.keys() - {"soundscape"}))
def test_labels_of_one_synth_look_at_no_value(name, monkeypatch):
    """Fake tensors have no values: reading one, which waits for a GPU, is an error. Soundscape's quantile reads."""
    labeller, index = Labeller(synth := make(name)), torch.arange(4)
    theta, sound = synth.sample(index), synth.play(index)
    monkeypatch.setattr("synths.parameters.space.can_check", lambda theta: False)  # as on a GPU
    with FakeTensorMode(allow_non_fake_inputs=True) as fake:
        labels = labeller(*map(fake.from_tensor, (index, theta, sound)))
        assert labels.tags.shape == (4, len(labeller.tags)) and labels.caption.shape[0] == 4


def test_a_shape_that_does_not_fit_is_refused():
    labeller = Labeller(synth := make("drum"))
    with pytest.raises(ValueError, match="expected index"):
        labeller(torch.arange(2), synth.sample(torch.arange(2)), torch.zeros(2, 8000))


HELD = {
    "keyboard.midi_f0": 57, "keyboard.duration": 1.0, "amp_adsr.attack": 0.01, "amp_adsr.sustain": 1.0,
    "distortion.drive": -12, "vcf.resonance": 0.7, "vcf.mode": 0, "vcf.key_follow": 0, "vcf.mod_depth": 0,
    "vco.mod_depth": 0, "sub.mod_depth": 0, "sub.tuning": 12, "vco.tuning": 0, "mixer.noise": 0, "chorus.mix": 0,
    "vco.detune": 0, "vco.shape": 0, "output.voice": 0.8,
}  # fmt: skip


def subtractive(**changes):
    synth = make("subtractive", ranges=HELD | {name.replace("__", "."): value for name, value in changes.items()})
    return named(*labelled(synth, [0]))


def test_a_filter_that_removes_nothing_gets_no_tag():
    # A saw and a low cutoff; a saw and an open filter; a sine far below the cutoff.
    saw = {"mixer__vco": 0.8, "mixer__sub": 0.0}
    facts, tags = subtractive(**saw, vcf__cutoff=67)
    assert facts["lowpass_hz"] == pytest.approx(440 * 2 ** (-2 / 12), rel=1e-3) and "low-pass filter" in tags
    facts, tags = subtractive(**saw, vcf__cutoff=128)
    assert math.isnan(facts["lowpass_hz"]) and "low-pass filter" not in tags
    facts, tags = subtractive(mixer__vco=0.0, mixer__sub=0.8, vcf__cutoff=95)
    assert math.isnan(facts["lowpass_hz"]) and "low-pass filter" not in tags and "sine" in tags


@pytest.mark.parametrize(("shape", "here", "gone"), [(0.0, "sawtooth", "square"), (1.0, "square", "sawtooth")])
def test_waveforms_and_their_harmonics(shape, here, gone):
    facts, tags = subtractive(mixer__vco=0.8, mixer__sub=0.0, vcf__cutoff=128, vco__shape=shape, vco__width=0.5)
    assert here in tags and gone not in tags
    # A square has odd harmonics only, a saw has all.
    assert (facts["even_db"] < -15) == (here == "square")
    assert facts["pitch_hz"] == pytest.approx(220, rel=1e-4), "theta's own number, where it is confirmed"


@pytest.mark.parametrize("n_samples", [1, 10, 700, 1279])
def test_the_shortest_sounds_are_measured(n_samples):
    labeller = RecordingLabeller(16000)
    labels = labeller(torch.arange(1), torch.sin(torch.arange(n_samples) * 0.3 + 1)[None])
    facts, _ = named(labeller, labels)
    assert facts["length_s"] == pytest.approx(n_samples / 16000, abs=0.012)
    assert facts["level_db"] > -30


def test_a_recording_of_silence_has_no_labels():
    labeller = RecordingLabeller(16000)
    labels = labeller(torch.arange(1), 1e-6 * torch.sin(torch.arange(16000) * 0.3)[None])
    assert labels.facts.isnan().all() and not labels.tags.any()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_sound_that_is_not_finite_has_no_labels_and_changes_no_others(value):
    labeller, index = RecordingLabeller(16000), torch.arange(2)
    sounds = 0.5 * torch.sin(torch.arange(16000) * torch.tensor([[0.1], [0.3]]))
    expected = labeller(index, sounds).facts[1]
    sounds[0, 100] = value
    labels = labeller(index, sounds)
    assert labels.facts[0].isnan().all() and not labels.tags[0].any()
    torch.testing.assert_close(labels.facts[1], expected, rtol=0, atol=0, equal_nan=True)


def test_the_best_tags_are_kept():
    synth = AUDIO["voice"](sample_rate=8000, seconds=0.25)
    labeller = Labeller(synth)
    assert len(labeller.tags) > 200
    some = Labeller(synth, n_tags=50)
    assert len(some.tags) == 50 and {tag.name for tag in some.tags} <= {tag.name for tag in labeller.tags}
    index = torch.arange(64)
    labels = some(index, synth.sample(index), synth.play(index))
    share = labels.tags.float().mean(dim=0)
    assert (share < 0.99).all(), "a tag of every sound carries no information"
    with pytest.raises(ValueError, match="n_tags: expected at least 1"):
        Labeller(synth, n_tags=0)


def test_there_are_more_than_400_tags_of_five_aspects():
    settings = {"sample_rate": 16000, "seconds": 10.24}
    bank = SynthBank(
        {"bank": VoiceBank(**settings), "soundscape": AUDIO["soundscape"](), "audiopg": AUDIO["audiopg"]()}
    )
    labeller = Labeller(bank)
    assert len(labeller.tags) > 400 and {tag.aspect for tag in labeller.tags} == {
        "scene",
        "source",
        "event",
        "trait",
        "function",
    }
    assert len(set(labeller.tags)) == len(labeller.tags)
    # A plucked string, and other sounds like it.
    assert {tag.aspect for tag in labeller.tags if tag.name == "pluck"} == {"source", "function"}


@pytest.mark.slow
def test_compiled_measurements_are_the_same():
    synth, index = make("voice"), torch.arange(40)
    eager, compiled = Labeller(synth), Labeller(synth)
    compiled.compile(backend="eager", fullgraph=True)
    theta, sound = synth.sample(index), synth.play(index)
    with warnings.catch_warnings():
        # Eager mode would give the same.
        warnings.filterwarnings("error", message="could not compile")
        facts = compiled(index, theta, sound).facts
    torch.testing.assert_close(facts, eager(index, theta, sound).facts, equal_nan=True)
