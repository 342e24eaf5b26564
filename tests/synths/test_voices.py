"""What a musician would check of a voice: is it in tune, does it stop, does a knob do what it says."""

import inspect

import numpy as np
import pytest
import torch

import synths
from synths.finding import built_in
from synths.instrument import Instrument

RATE = 44100
# Everything that would move or hide the pitch, out of the way.
STILL = {
    "subtractive": {
        "vco.tuning": 0,
        "vco.mod_depth": 0,
        "vco.detune": 0,
        "vco.spread": 0,
        "vco.shape": 0,
        "mixer.vco": 1,
        "mixer.sub": 0,
        "mixer.noise": 0,
        "vcf.mode": 0,
        "vcf.cutoff": 128,
        "vcf.mod_depth": 0,
        "chorus.mix": 0,
    },
    "fouroperatorfm": {"algorithm.choice": 7, "op_1.coarse": 1, "op_1.fine": 0}
    | {f"output.op_{i}": 0 for i in (2, 3, 4)},
    "plucked": {
        "string.inharmonicity": 0,
        "string.detune": 0,
        "string.decay": 10,
        "string.brightness": 0.5,
        "output.plectrum": 0,
        "damper.release": 5,
    },
    "modal": {"body.body": 0, "body.warble": 0, "body.decay": 8, "output.mallet": 0, "damper.release": 5},
    "formant": {"glottis.slide": 0, "glottis.vibrato": 0, "glottis.breath": 0},
}
HELD = {"attack": 0.01, "sustain": 1, "release": 5, "alpha": 1}


def played(name, midi, **ranges):
    synth = synths.find(name)(sample_rate=RATE, seconds=2.0)
    envelopes = {p: HELD[p.split(".")[1]] for p in synth.space.names if "adsr." in p and p.split(".")[1] in HELD}
    keyboard = {"keyboard.midi_f0": midi, "keyboard.duration": 4}
    synth = synths.find(name)(sample_rate=RATE, seconds=2.0, ranges=envelopes | keyboard | STILL[name] | ranges)
    return synth.play(torch.arange(4))


def peak_hz(sound, near_hz):
    """Frequency of the highest peak within a semitone, by a parabola through the logarithm of a windowed spectrum."""
    n = sound.shape[-1]
    spectrum = np.log(np.abs(np.fft.rfft(sound.double().numpy() * np.blackman(n))) + 1e-12)
    bins = np.fft.rfftfreq(n, 1 / RATE)
    window = (bins > near_hz / 1.06) & (bins < near_hz * 1.06)
    k = np.flatnonzero(window)[spectrum[window].argmax()]
    left, middle, right = spectrum[k - 1 : k + 2]
    return (k + (left - right) / (left - 2 * middle + right) / 2) * RATE / n


@pytest.mark.parametrize("name", STILL)
@pytest.mark.parametrize("midi", [48, 69, 84])
def test_a_voice_plays_in_tune(name, midi):
    wanted_hz = 440 * 2 ** ((midi - 69) / 12)
    for sound in played(name, midi):
        assert abs(1200 * np.log2(peak_hz(sound, wanted_hz) / wanted_hz)) < 1


def test_a_string_is_sharp_at_the_top_where_it_is_stiff():
    # Fletcher and Rossing: partial k of a stiff string lies at k f0 sqrt(1 + B k^2).
    sound = played("plucked", 45, **{"string.inharmonicity": 0.001, "string.brightness": 5, "string.damping": 0})[0]
    for k in (1, 3, 5):
        wanted_hz = k * 110 * (1 + 0.001 * k**2) ** 0.5
        assert peak_hz(sound, wanted_hz) == pytest.approx(wanted_hz, rel=6e-4)


def test_a_bar_has_the_overtones_of_a_bar():
    # The second and third mode of a free bar, Fletcher and Rossing, table 2.1.
    sound = played("modal", 60, **{"body.contact": 0.0001, "body.place": 0.3, "body.material": 0})[0]
    f0 = 440 * 2 ** ((60 - 69) / 12)
    for ratio in (2.756, 5.404):
        assert peak_hz(sound, ratio * f0) == pytest.approx(ratio * f0, rel=2e-3)


def test_a_damper_stops_what_rings():
    held, stopped = (
        played("plucked", 60, **{"keyboard.duration": d, "damper.release": 0.1}).square()[:, RATE:].mean()
        for d in (4, 0.5)
    )
    assert stopped < 1e-5 * held


def test_vowels_peak_where_their_formants_are():
    knobs = {"tract.first_open": 700, "tract.second_open": 700, "tract.first_front": 1200, "tract.second_front": 1200}
    knobs |= {"tract.size": 1, "tract.focus": 2, "glottis.breath": 1, "glottis.tilt": 8000}
    sound = played("formant", 48, **knobs).double()
    power = torch.fft.rfft(sound).abs().square().mean(dim=0)
    hz = torch.fft.rfftfreq(sound.shape[1], 1 / RATE)
    smooth = torch.nn.functional.avg_pool1d(power[None, None], 101, 1, 50)[0, 0]
    for formant in (700, 1200):
        window = (hz > formant - 200) & (hz < formant + 200)
        assert hz[window][smooth[window].argmax()].item() == pytest.approx(formant, abs=60)


@pytest.mark.parametrize("name", built_in(Instrument))
def test_few_random_sounds_are_nearly_silent(name):
    sound = synths.find(name)(sample_rate=16000, seconds=1.0).play(torch.arange(128), seed=1)
    peak_db = 20 * sound.abs().amax(dim=1).log10()
    assert (peak_db < -40).double().mean() < 0.125
    assert (peak_db < -60).double().mean() < 0.05


@pytest.mark.parametrize("name", built_in(Instrument))
def test_the_start_of_a_sound_does_not_depend_on_its_length(name):
    """But for one gain, where a later part would clip."""
    short, long = (synths.find(name)(sample_rate=16000, seconds=s).play(torch.arange(24)).double() for s in (0.4, 1.6))
    start = long[:, : short.shape[1]]
    gain = ((short * start).sum(dim=1) / start.square().sum(dim=1)).nan_to_num(1)
    assert ((gain - 1).abs() < 1e-4)[long.abs().amax(dim=1) < 0.999].all()
    torch.testing.assert_close(gain[:, None] * start, short, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", built_in(Instrument))
def test_a_sound_starts_at_nothing_unless_its_synth_states_a_step(name):
    cls = synths.find(name)
    sound = cls(sample_rate=16000, seconds=0.5).play(torch.arange(64))
    first = (sound[:, 0].abs() / sound.abs().amax(dim=1).clamp_min(1e-6)).max()
    assert (first > 0.01) == ("A sound begins with a step" in (inspect.getdoc(cls) or ""))


@pytest.mark.parametrize("width", [0.05, 0.95])
def test_a_narrow_pulse_that_clips_has_no_mean(width):
    """Clipped alone, it stays near -1 or 1 and has a mean of nine tenths of its RMS."""
    played = {"vco.shape": 1, "vco.width": width, "vco.detune": 0, "vco.spread": 0, "vco.tuning": 0, "vco.mod_depth": 0}
    loud = {"distortion.drive": 36, "mixer.vco": 1, "mixer.sub": 0, "mixer.noise": 0}
    through = {"vcf.mode": 0, "vcf.cutoff": 128, "vcf.mod_depth": 0, "chorus.mix": 0}
    knobs = {"keyboard.midi_f0": 57, "keyboard.duration": 4, "amp_adsr.attack": 0, "amp_adsr.sustain": 1}
    steady = synths.Subtractive(sample_rate=RATE, seconds=1.0, ranges=played | loud | through | knobs).play([0])
    periods = steady[:, RATE // 2 : RATE]  # 110 of 220 Hz
    assert periods.mean().abs() < 0.01 * periods.square().mean().sqrt()
