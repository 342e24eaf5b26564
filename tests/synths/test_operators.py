"""Operators against Bessel functions, and how little of them folds back."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import special

from synths.dsp import operators
from synths.dsp.clock import Clock
from synths.modules.algorithm import Algorithm
from synths.modules.operator import FeedbackOperator, Operator
from tests.synths.signals import column

RATE, HOP, N = 44100, 64, 1 << 14
WINDOW = np.kaiser(N, 20)  # side lobes below -150 dB


def clock(rate=RATE, n_frames=N // HOP):
    return Clock(rate, HOP, n_frames, torch.device("cpu"), torch.float64)


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 1e-6)])
@pytest.mark.parametrize("feedback", [0, 0.3, 0.7, 0.9, 0.98])
def test_feedback_sine_obeys_its_equation(feedback, dtype, tolerance):
    turns = torch.linspace(-1.5, 1.5, 10001, dtype=dtype)
    y = operators.feedback_sine(turns, torch.tensor(feedback, dtype=dtype)).double()
    expected = torch.sin(2 * torch.pi * turns.double() + feedback * y)
    torch.testing.assert_close(y, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("feedback", [0.1, 0.5, 0.9])
def test_feedback_makes_the_harmonics_of_bessel(feedback):
    turns = torch.arange(1 << 14, dtype=torch.float64) / (1 << 14)
    spectrum = np.fft.rfft(operators.feedback_sine(turns, column(feedback))) / (1 << 13)
    n = np.arange(1, 50)
    expected = 2 * special.jv(n, n * feedback) / (n * feedback)
    np.testing.assert_allclose(-spectrum.imag[1:50], expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(spectrum.real[:50], 0, atol=1e-10)


@pytest.mark.parametrize("n", [1, 2, 3.6, 4, 7, 10, 50, 168, 500])
def test_harmonics_beyond_the_largest_feedback_are_60_db_down(n):
    b = operators.largest_feedback(column(n)).item()
    assert 0 <= b <= 0.98
    beyond = np.arange(int(n) + 1, 1000)
    # b J'(0) = b / 2, so that a feedback of nothing makes no division by nothing.
    height = 2 * special.jv(beyond, beyond * max(b, 1e-9)) / (beyond * max(b, 1e-9))
    assert height.max() < 1e-3 * 2 * special.jv(1, max(b, 1e-9)) / max(b, 1e-9)


def test_n_harmonics_and_largest_feedback_undo_each_other():
    feedback = torch.linspace(0, 0.98, 50).double()
    torch.testing.assert_close(operators.largest_feedback(operators.n_harmonics(feedback)), feedback)


def test_order_and_largest_index_undo_each_other():
    index = torch.linspace(0.01, 40, 1000).double()
    torch.testing.assert_close(operators.largest_index(operators.order(index)), index)
    assert operators.largest_index(column(0)).item() == 0


def test_few_of_the_sidebands_lie_beyond_their_order():
    index = np.geomspace(0.1, 12, 200)
    height = special.jv(operators.order(torch.from_numpy(index)).numpy(), index)
    assert height[index >= 0.4].max() < 0.004 and height.max() < 0.01


def operator(midi, coarse, *modulators, level=0.0, envelope=1.0, feedback=None, time=None):
    time = time or clock()
    cables = column(midi), torch.full((1, time.n_frames + 1), envelope, dtype=torch.float64)
    # Half-way through its step of the choice.
    knobs = {"coarse": column(coarse + 0.5), "fine": column(0), "level": column(level)}
    if feedback is not None:
        return FeedbackOperator().forward(time, *cables, **knobs, feedback=column(feedback))
    return Operator().forward(time, *cables, *modulators, **knobs)


def sines(sound, hz):
    """Amplitudes of the sines in it, at these frequencies."""
    probe = np.exp(-2j * np.pi * np.outer(hz, np.arange(N)) / RATE)
    return -2 * (probe @ (WINDOW * sound.flatten().numpy())).imag / WINDOW.sum()


@pytest.mark.parametrize("index", [0.3, 1.0, 2.5, 4.0])
def test_sidebands_are_as_high_as_bessel_functions(index):
    level = 20 * np.log10(index / (4 * np.pi))
    hz = 440 * 2 ** ((60 - 69) / 12)
    modulator = operator(60, 1, level=level)
    # With a carrier 15 times as high, no sideband meets another.
    carrier = operator(60, 15, (column(1), modulator))
    n = np.arange(-8, 9)
    np.testing.assert_allclose(sines(carrier.audio, hz * (15 + n)), special.jv(n, index), rtol=0, atol=1e-8)
    # With both at the key, those below nothing come back, turned over.
    carrier = operator(60, 1, (column(1), modulator))
    n = np.arange(1, 9)
    expected = special.jv(n - 1, index) - special.jv(-n - 1, index)
    np.testing.assert_allclose(sines(carrier.audio, hz * n), expected, rtol=0, atol=1e-8)


def test_envelopes_and_gains_scale_the_index():
    half_down = 20 * np.log10(0.5)
    full = operator(60, 1, level=-20.0)
    half = operator(60, 1, level=-20.0, envelope=0.5)
    assert half.level.unique().item() == pytest.approx(0.05)
    sounds = [
        operator(60, 2, (column(0.5), full)),
        operator(60, 2, (column(1), half)),
        operator(60, 2, (column(1), operator(60, 1, level=-20.0 + half_down))),
    ]
    for sound in sounds[1:]:
        torch.testing.assert_close(sound.audio, sounds[0].audio)
    silent = operator(60, 2, (column(0), full))
    torch.testing.assert_close(silent.audio, operator(60, 2).audio)


@pytest.mark.parametrize("midi, coarse, ratio", [(60, 0, 0.5), (60, 1, 1), (60, 15, 15), (96, 9, 9), (96, 15, 7.5)])
def test_coarse_is_a_multiple_of_the_key_or_octaves_lower(midi, coarse, ratio):
    hz = 440 * 2 ** ((midi - 69) / 12) * ratio
    np.testing.assert_allclose(sines(operator(midi, coarse).audio, [hz]), 1, atol=1e-6)


def folded_db(sound, hz, rate):
    """Energy everywhere but at multiples of the key, against the strongest of them: the worst of all rows."""
    power = torch.fft.rfft(sound.flatten(1) * torch.from_numpy(WINDOW)).abs().square().numpy()
    multiple = np.arange(N // 2 + 1) / (hz * N / rate)
    own = np.abs(multiple - np.round(multiple)) * hz * N / rate <= 12
    partials = [power[:, own & (np.round(multiple) == n)].sum(axis=1) for n in range(int(multiple[-1]) + 1)]
    return (10 * np.log10(power[:, ~own].sum(axis=1) / np.max(partials, axis=0))).max()


def four_operators(midi, choice, coarse, level, feedback, time):
    """Rows of four operators at a steady key, their envelopes open."""
    whole = lambda value: torch.full((len(coarse),), float(value), dtype=torch.float64)  # noqa: E731
    envelope = torch.ones(len(coarse), time.n_frames + 1, dtype=torch.float64)
    wire, mixed = Algorithm().forward(time, choice=whole(choice))
    knobs = [{"coarse": coarse[:, i] + 0.5, "fine": whole(0), "level": level[:, i]} for i in range(4)]
    cables = time, whole(midi), envelope
    op_4 = FeedbackOperator().forward(*cables, **knobs[3], feedback=whole(feedback))
    op_3 = Operator().forward(*cables, (wire[4, 3], op_4), **knobs[2])
    op_2 = Operator().forward(*cables, (wire[4, 2], op_4), (wire[3, 2], op_3), **knobs[1])
    op_1 = Operator().forward(*cables, (wire[4, 1], op_4), (wire[3, 1], op_3), (wire[2, 1], op_2), **knobs[0])
    ops = enumerate((op_1, op_2, op_3, op_4), start=1)
    return sum(op.audio * time.to_audio(op.level * mixed[i][:, None]) for i, op in ops)


# As on the front panel: chains from modulator to carrier; each ends in an operator of the mix.
PANEL = ("4321", "421 321", "41 321", "431 21", "43 21", "41 42 43", "43 2 1", "4 3 2 1")


@pytest.mark.parametrize("choice", range(8))
def test_algorithms_are_those_of_the_panel(choice):
    wire, mixed = Algorithm().forward(clock(), choice=column(choice + 0.5))
    chains = PANEL[choice].split()
    assert {pair for pair, gain in wire.items() if gain.item()} == {
        (int(a), int(b)) for chain in chains for a, b in pairwise(chain)
    }
    assert {op for op, gain in mixed.items() if gain.item()} == {int(chain[-1]) for chain in chains}


def highest_coarse(hz, rate):
    return min(15, int(0.45 * rate / hz))  # above, an operator plays octaves lower, at fractions of the key


@pytest.mark.parametrize("rate", [RATE, 16000])
@pytest.mark.parametrize("midi", [60, 84, 96])
@pytest.mark.parametrize("choice", range(8))
def test_next_to_nothing_folds_back(choice, midi, rate):
    hz = 440 * 2 ** ((midi - 69) / 12)
    generator = torch.Generator().manual_seed(choice)
    coarse = torch.randint(1, highest_coarse(hz, rate) + 1, (12, 4), generator=generator).double()
    coarse[0] = 1
    level = torch.zeros(12, 4, dtype=torch.float64)
    level[6:] = -40 * torch.rand(6, 4, generator=generator, dtype=torch.float64)
    for feedback in (0, 1):
        assert folded_db(four_operators(midi, choice, coarse, level, feedback, clock(rate)), hz, rate) < -60


def test_much_folds_back_where_nothing_is_taken_back(monkeypatch):
    """So that the test above can fail."""
    monkeypatch.setattr(operators, "largest_index", lambda order: torch.full_like(order, 100))
    coarse, level = torch.full((1, 4), 2.0).double(), torch.zeros(1, 4).double()
    assert folded_db(four_operators(84, 0, coarse, level, 1, clock()), 440 * 2 ** ((84 - 69) / 12), RATE) > -20


@pytest.mark.parametrize("midi, rate", [(84, RATE), (90, RATE), (96, RATE), (72, 16000)])
def test_next_to_nothing_of_any_pair_folds_back(midi, rate):
    hz = 440 * 2 ** ((midi - 69) / 12)
    step = torch.arange(1, highest_coarse(hz, rate) + 1, dtype=torch.float64) + 0.5
    coarse = torch.cartesian_prod(step, step)
    cables = clock(rate), torch.full((len(coarse),), midi, dtype=torch.float64), torch.ones(len(coarse), N // HOP + 1)
    knobs = {"fine": torch.zeros(len(coarse)).double(), "level": torch.zeros(len(coarse)).double()}
    modulator = Operator().forward(*cables, coarse=coarse[:, 0], **knobs)
    carrier = Operator().forward(*cables, (torch.ones(len(coarse)), modulator), coarse=coarse[:, 1], **knobs)
    assert folded_db(carrier.audio, hz, rate) < -60


def test_operators_bent_up_an_octave_are_reduced_as_those_an_octave_higher():
    up = replace(clock(), bend=torch.full((1, N // HOP + 1), 12.0, dtype=torch.float64))
    bent, higher = (
        operator(midi, 3, (column(1), operator(midi, 2, feedback=0.9, time=time)), time=time)
        for midi, time in ((84, up), (96, clock()))
    )
    for one, other in zip(bent, higher, strict=True):
        torch.testing.assert_close(one, other)


def test_a_modulated_operator_has_the_right_gradient():
    time = clock(n_frames=1)

    def played(midi_f0, fine, level, envelope):
        knobs = {"coarse": column(2.5), "fine": fine, "level": level}
        modulator = FeedbackOperator().forward(time, midi_f0, envelope, **knobs, feedback=column(0.5))
        carrier = Operator().forward(time, midi_f0, envelope, (column(1), modulator), **knobs)
        return carrier.audio * time.to_audio(carrier.level)

    leaves = column(60), column(0.1), column(-12), torch.tensor([[0.3, 0.8]], dtype=torch.float64)
    assert torch.autograd.gradcheck(played, [x.requires_grad_() for x in leaves])
