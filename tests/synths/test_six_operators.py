"""Six operators against a loop over samples, and how little of them folds back."""

from itertools import pairwise

import numpy as np
import pytest
import torch

import synths
from synths.dsp import rate_envelopes
from synths.dsp.clock import Clock
from synths.dsp.piecewise import piecewise
from synths.dsp.warped_time import warped_time
from synths.modules.wiring import PAIRS, wiring
from tests.synths.six_operator_reference import CHART, STEP_DB, Envelope, note, scaled
from tests.synths.test_operators import N, folded_db, highest_coarse

RATE = 88200  # so high that no modulation of low notes is reduced, and the delay of feedback is short


@pytest.mark.parametrize("algorithm", range(1, 33))
def test_algorithms_are_those_of_the_chart(algorithm):
    inputs, _, outputs = CHART[algorithm - 1].partition(" = ")
    wires, carriers, looped = wiring(torch.tensor([algorithm + 0.3]).double())
    pairs = {(int(m), op) for op, some in enumerate(inputs.split(), start=1) for m in some if m != "-"}
    assert {pair for pair, gain in wires.items() if gain.item()} == pairs <= set(PAIRS)
    carriers = "".join(str(op) for op, gain in carriers.items() if gain.item())
    (looped,) = (op for op, gain in looped.items() if gain.item())
    assert f"{carriers} ~{looped}" == outputs


def patch(algorithm):
    """Six operators with whole ratios, and envelopes that move."""
    draw = np.random.default_rng(algorithm)
    operators = []
    for op in range(1, 7):
        carries = str(op) in CHART[algorithm - 1].partition(" = ")[2].split(" ~")[0]
        level = int(draw.integers(90, 100) if carries else draw.integers(62, 82))
        rates = [int(draw.integers(60, 95)), int(draw.integers(30, 60)), int(draw.integers(20, 50)), 60]
        levels = [99, int(draw.integers(75, 95)), int(draw.integers(60, 90)), 0]
        operators.append((int(draw.integers(1, 6)), level, rates, levels))
    return operators


def panel_db(level):
    return max(-95.0, (scaled(level) - 127) * 32 * STEP_DB)


def played(algorithm, feedback, operators, seconds, held_s, midi):
    ranges = {
        "keyboard.midi_f0": midi, "keyboard.duration": held_s, "keyboard.velocity": 100, "keyboard.transpose": 0,
        "lfo.pitch_depth": 0, "lfo.level_depth": 0, "pitch.depth": 0, "output.voice": 1,
        "algorithm.choice": algorithm, "algorithm.sync": 1, "algorithm.feedback": 2 * np.pi * 2.0 ** (feedback - 7),
    }  # fmt: skip
    for i, (ratio, level, rates, levels) in enumerate(operators, start=1):
        values = {"coarse": ratio, "fine": 0, "detune": 0, "fixed": 0, "level": panel_db(level), "velocity": 0}
        values |= {f"rate_{k}": rate for k, rate in enumerate(rates, start=1)}
        values |= {f"level_{k}": max(-95.0, ((scaled(x) >> 1) - 63) * 64 * STEP_DB) for k, x in enumerate(levels, 1)}
        values |= {"rate_scaling": 0, "left_depth": 0, "right_depth": 0, "tremolo": 0}
        ranges |= {f"op_{i}.{name}": value for name, value in values.items()}
    synth = synths.SixOperatorFM(sample_rate=RATE, seconds=seconds, ranges=ranges)
    return synth.render(torch.full((1, len(synth.space)), 0.5))[0].double().numpy()


def bands_db(sound):
    """Levels in thirds of an octave and 46 ms, down to 60 dB below the loudest."""
    spectrum = torch.stft(
        torch.from_numpy(sound), 1024, 512, window=torch.hann_window(1024).double(), return_complex=True
    )
    power = spectrum.abs().square().numpy()
    hz = np.arange(513) * RATE / 1024
    edges = 60 * 2 ** (np.arange(0, 8.4, 1 / 3))
    power = np.stack([power[(hz >= a) & (hz < b)].sum(0) for a, b in pairwise(edges)])
    return 10 * np.log10(np.maximum(power, power.max() * 1e-6))


@pytest.mark.parametrize("algorithm", [1, 2, 5, 8, 9, 12, 16, 18, 20, 22, 28, 32])
def test_sounds_like_a_loop_over_samples(algorithm):
    operators, midi, seconds, held_s = patch(algorithm), 36, 0.4, 0.3
    f0_hz = 440 * 2 ** ((midi - 69) / 12)
    ours = played(algorithm, 4, operators, seconds, held_s, midi)
    theirs = np.array(note(algorithm, 4, operators, f0_hz, held_s, len(ours), RATE))
    difference = np.abs(bands_db(ours) - bands_db(theirs))
    assert difference.mean() < 1.0 and np.quantile(difference, 0.95) < 3.0, (difference.mean(), difference.max())


def test_another_algorithm_is_another_sound():
    """So that the test above can fail."""
    operators = patch(1)
    ours, others = (played(a, 4, operators, 0.4, 0.3, 36) for a in (1, 5))
    assert np.abs(bands_db(ours) - bands_db(others)).mean() > 3


@pytest.mark.parametrize("rates", [(70, 40, 30, 50), (30, 60, 20, 40), (99, 20, 99, 70), (45, 45, 45, 45)])
@pytest.mark.parametrize("levels", [(99, 70, 50, 0), (60, 99, 40, 0), (99, 99, 90, 20), (40, 20, 80, 0)])
def test_envelopes_follow_the_loop(rates, levels):
    rate, seconds, held_s = 8000, 1.5, 0.7
    reference, expected = Envelope(rates, levels, 90, rate), []
    for i in range(int(rate * seconds)):
        if i == int(rate * held_s):
            reference.release()
        reference.sample()
        expected.append((reference.level - 3840) * STEP_DB)
    one = lambda x: torch.tensor([x], dtype=torch.float64)  # noqa: E731
    output_db = panel_db(90)
    levels_db = tuple(one(max(-95.0, ((scaled(x) >> 1) - 63) * 64 * STEP_DB + output_db)) for x in levels)
    time_s = torch.arange(len(expected), dtype=torch.float64) / rate
    ours = rate_envelopes.level_db(time_s, one(held_s), levels_db, tuple(map(one, map(float, rates))), one(0.0))[0]
    ours, expected = ours.clamp_min(-80).numpy(), np.maximum(expected, -80)
    # Slopes of the hardware go in steps of up to 19 %, those here do not.
    error = np.abs(ours - expected)
    assert error.mean() < 2 and np.median(error) < 2, (error.mean(), error.max())


def test_piecewise_is_interpolation():
    points = [(0, 1.0), (2, 5.0), (3, 4.0), (7, 4.0)]
    x = torch.linspace(-2, 9, 200).double()
    np.testing.assert_allclose(piecewise(x, points), np.interp(x, *np.array(points).T), atol=1e-12)


def test_warped_time_is_the_integral_of_frequency():
    clock = Clock(8000, 20, 60, torch.device("cpu"), torch.float64)
    pitch = torch.linspace(-12, 24, 61).double()[None] + torch.sin(torch.arange(61).double())
    start_s, since_s = warped_time(pitch, clock)
    time = np.linspace(0, 60 * clock.frame_s, 60 * 4000 + 1)
    ratio = np.interp(time, clock.boundaries_s(), 2 ** (pitch[0] / 12))
    integral = np.concatenate([[0], np.cumsum((ratio[1:] + ratio[:-1]) / 2 * np.diff(time))])
    expected = np.interp(clock.samples_s().flatten(), time, integral)
    np.testing.assert_allclose((start_s[:, :, None] + since_s).flatten(), expected, atol=1e-9)


def steady(algorithm, midi, rate, coarse, level_db, feedback):
    """Rows of six operators at a steady key."""
    fixed = {
        "keyboard.midi_f0": midi, "keyboard.duration": 4, "keyboard.velocity": 100, "keyboard.transpose": 0,
        "lfo.pitch_depth": 0, "lfo.level_depth": 0, "pitch.depth": 0, "output.voice": 1, "algorithm.choice": algorithm,
        "algorithm.sync": 1, "algorithm.feedback": feedback,
    }  # fmt: skip
    for i in range(1, 7):
        still = {"fine": 0, "detune": 0, "fixed": 0, "velocity": 0, "rate_1": 99, "rate_scaling": 0, "tremolo": 0}
        still |= {"left_depth": 0, "right_depth": 0} | {f"level_{k}": 0 for k in (1, 2, 3, 4)}
        fixed |= {f"op_{i}.{name}": value for name, value in still.items()}
    synth = synths.SixOperatorFM(sample_rate=rate, seconds=(N + 64) / rate, ranges=fixed)
    physical = synth.space.middle(torch.zeros(())).repeat(len(coarse), 1)
    for i in range(6):
        physical[:, synth.space.column(f"op_{i + 1}.coarse")] = coarse[:, i]
        physical[:, synth.space.column(f"op_{i + 1}.level")] = level_db[:, i]
    return synth.render_physical(physical, torch.zeros(len(coarse), dtype=torch.int64), torch.float64)[:, 32 : N + 32]


@pytest.mark.parametrize("midi, rate", [(84, 44100), (72, 16000)])
@pytest.mark.parametrize("algorithm", range(1, 33))
def test_next_to_nothing_folds_back(algorithm, midi, rate):
    hz = 440 * 2 ** ((midi - 69) / 12)
    generator = torch.Generator().manual_seed(algorithm)
    coarse = torch.randint(1, highest_coarse(hz, rate) + 1, (4, 6), generator=generator).double()
    coarse[0] = 1
    level_db = torch.zeros(4, 6, dtype=torch.float64)
    level_db[2:] = -40 * torch.rand(2, 6, generator=generator, dtype=torch.float64)
    for feedback in (0, 6):
        assert folded_db(steady(algorithm, midi, rate, coarse, level_db, feedback), hz, rate) < -60


def test_much_of_random_sound_is_neither_silent_nor_noise():
    synth = synths.SixOperatorFM(sample_rate=16000, seconds=1.0)
    sound = synth.play(torch.arange(64))
    power = torch.stft(sound, 512, 256, window=torch.hann_window(512), return_complex=True).abs().square().mean(dim=2)
    power = power.clamp_min(power.amax(dim=1, keepdim=True) * 1e-9)
    flatness = power.log().mean(dim=1).exp() / power.mean(dim=1)
    peak = sound.abs().amax(dim=1)
    assert ((peak > 0.01) & (flatness < 0.1)).double().mean() > 0.7


@pytest.mark.parametrize(
    "name, low, high, moves",
    [
        ("keyboard.velocity", 30, 120, "level"),
        ("op_1.tremolo", 0, 1, "level"),
        ("lfo.pitch_depth", 0, 3, "pitch"),
        ("pitch.depth", 0, 1, "pitch"),
        ("op_1.detune", -7, 7, "pitch"),
        ("op_1.right_depth", 0, 20, "level"),
        ("keyboard.transpose", 0, 12, "pitch"),
    ],
)
def test_a_knob_does_what_it_says(name, low, high, moves):
    def measured(value):
        ranges = {
            "keyboard.midi_f0": 69, "keyboard.duration": 4, "keyboard.velocity": 100, "keyboard.transpose": 0,
            "lfo.frequency": 5, "lfo.delay": 0, "lfo.wave": 4, "lfo.pitch_depth": 0, "lfo.level_depth": 1,
            "pitch.depth": 0, "pitch.level_1": 12, "pitch.level_2": 12, "pitch.level_3": 12, "pitch.level_4": 12,
            "algorithm.choice": 32, "algorithm.feedback": 0, "output.voice": 1,
            "op_1.coarse": 1, "op_1.fine": 0, "op_1.fixed": 0, "op_1.detune": 0, "op_1.level": 0, "op_1.velocity": 40,
            "lfo.sync": 1, "op_1.tremolo": 0, "op_1.break_point": 45, "op_1.left_depth": 0, "op_1.right_depth": 0,
            "op_1.right_curve": 0, "op_1.rate_1": 99,
        }  # fmt: skip
        ranges |= {f"op_1.level_{k}": 0 for k in (1, 2, 3, 4)} | {f"op_{i}.level": -95 for i in range(2, 7)}
        synth = synths.SixOperatorFM(sample_rate=16000, seconds=1.0, ranges=ranges | {name: value})
        sound = synth.render(torch.full((1, len(synth.space)), 0.5))[0].double()
        crossings = (sound[1:] >= 0) & (sound[:-1] < 0)
        return sound.square().mean().sqrt().item(), crossings.sum().item() / 1.0, sound

    level_low, pitch_low, before = measured(low)
    level_high, pitch_high, after = measured(high)
    if moves == "level":
        assert max(level_low / level_high, level_high / level_low) > 1.5
        assert abs(pitch_low - pitch_high) < 3 or name == "op_1.tremolo"  # silent at times
    elif name == "lfo.pitch_depth":  # up and down alike
        assert (after - before).square().mean() > 0.02 and abs(pitch_low - pitch_high) < 15
    else:
        assert pitch_high > pitch_low + 2


def test_the_start_of_a_note_does_not_depend_on_its_length():
    short, long = (synths.SixOperatorFM(sample_rate=16000, seconds=s) for s in (0.25, 0.6))
    theta = short.sample(torch.arange(16))
    key = short.noise_key(torch.arange(16))
    # Below the level at which a whole sound is scaled down.
    assert short.render(theta, key).abs().max() < 1
    torch.testing.assert_close(long.render(theta, key)[:, :4000], short.render(theta, key), rtol=0, atol=1e-5)
