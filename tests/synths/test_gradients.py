"""Every DSP function's gradient against finite differences, in double precision. A function is tested by existing."""

import importlib
import inspect
import pkgutil
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from synths import dsp
from synths.dsp import (
    bandlimited,
    bounds,
    chance,
    choices,
    decimation,
    delays,
    distortion,
    envelopes,
    filters,
    fm,
    modes,
    noise,
    operators,
    oscillators,
    partials,
    phase,
    piecewise,
    products,
    rate_envelopes,
    response,
    spectral,
    warped_time,
)
from synths.dsp.clock import Clock, group_size, nearest_hop, settled
from tests.synths.signals import RATE, hiss

TIME = Clock(RATE, hop=6, n_frames=3, device=torch.device("cpu"), dtype=torch.float64)
KEY = torch.tensor([1, 2])


def tensor(*values) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def sine_of(turns):
    """A phase jumps by whole turns, which a sine does not feel."""
    return torch.sin(2 * torch.pi * turns)


AUDIO, TURNS = hiss(2, 3, 6), hiss(2, 3, 6, seed=1) / 2
HZ = 1000 + 300 * hiss(2, 4, seed=2)
# Two samples that are far from one another, and two that count as one: soft_clip takes another path.
FAR = (0.3 * (1 + 0.3 * hiss(1, 1, 20)) * hiss(1, 1, 20, seed=1).sign()).cumsum(dim=2)
NEAR = FAR / 15
FILTER = AUDIO, 3000 * torch.exp2(hiss(2, 4, seed=1)), tensor(0.8, 7)
NOTE = [tensor(x, y) for x, y in ((2, 0.7), (0.3, 0.21), (0.5, 0.33), (0.4, 0.1), (1, 0.9), (2, 0.6))]
BELLS = [
    tensor([27.5, 440, 21000], [1234.5, 15000, 0.1]),
    tensor([8, 1, 0.1], [0.02, 3, 100]),
    tensor([0.5, -0.3, 0.2], [0.1, 0.7, 0.2]),
    tensor([0, -1.5, 3], [1, 0.5, -3]),
]


class Case(NamedTuple):
    function: object
    call: object
    inputs: list


def case(function, *inputs, call=None):
    return Case(function, call or function, inputs)


CASES = [
    case(bandlimited.saw, TURNS, HZ, call=lambda turns, hz: bandlimited.saw(turns, hz, TIME)),
    case(
        bandlimited.saw_pulse, TURNS, HZ, tensor(0.4, 1), tensor(0.3, 0.71),
        call=lambda *x: bandlimited.saw_pulse(*x, TIME),
    ),
    case(chance.drops, 9000 + 1000 * HZ, call=lambda hz: chance.drops(KEY, hz, TIME)),
    case(bounds.at_least, tensor(1, 2.5), call=lambda x: bounds.at_least(x, 2)),
    case(bounds.at_most, tensor(1, 2.5), call=lambda x: bounds.at_most(x, 2)),
    case(bounds.between, tensor(1, 2.5, 5), call=lambda x: bounds.between(x, 2, 4)),
    case(chance.wander, tensor(900, 3500), call=lambda hz: chance.wander(KEY, hz, TIME)),
    case(settled, AUDIO),
    # Away from whole samples, where a straight line between samples has a corner.
    case(
        delays.delayed, AUDIO, tensor([1.3, 2.4, 3.65, 4.6], [0.2, 0.7, 0.4, 0.9]),
        call=lambda audio, samples: delays.delayed(audio, samples / RATE, TIME),
    ),
    case(
        delays.echoes, tensor(3.3, 5.6), tensor(0.6, 0.2),
        call=lambda samples, feedback: delays.echoes(samples / RATE, feedback, TIME),
    ),
    case(distortion.tanh, tensor(-3, 0, 0.4)),
    case(distortion.soft_clip, FAR),
    case(distortion.soft_clip, NEAR),
    case(envelopes.adsr, *NOTE, call=lambda *knobs: envelopes.adsr(tensor(0.11, 0.31, 0.52, 0.81, 1.21), *knobs)),
    case(envelopes.fall, tensor(0.1, 0.5, 2), tensor(0.3, 1, 4)),
    *(
        case(function, *FILTER, call=lambda *x, function=function: function(*x, TIME))
        for function in (filters.lowpass, filters.highpass, filters.bandpass)
    ),
    case(
        filters.state_variable, *FILTER, *hiss(3, 2, seed=2),
        call=lambda audio, hz, q, low, band, high: filters.state_variable(
            audio, hz, q, TIME, low=low, band=band, high=high
        ),
    ),
    case(
        filters.resonators, AUDIO, 3000 * torch.exp2(hiss(2, 2, 4)), 1 + hiss(2, 2).abs(), hiss(2, 2, seed=2),
        call=lambda *x: filters.resonators(*x, TIME),
    ),
    case(
        fm.modulated, tensor(300, 500), tensor(0.7, -0.4), 0.9 * AUDIO, tensor(0.3, -1),
        call=lambda *x: sine_of(fm.modulated(*x, TIME)),
    ),
    case(modes.ring, *BELLS, call=lambda *x: modes.ring(*x, TIME)),
    case(operators.feedback_sine, TURNS, tensor(0.2, 0.9)[:, None, None]),
    case(operators.order, tensor(0.1, 1, 10)),
    case(operators.largest_index, tensor(0.1, 1, 10)),
    case(operators.largest_feedback, tensor(1.5, 4, 30)),
    case(operators.n_harmonics, tensor(0, 0.5, 0.9)),
    case(oscillators.midi_to_hz, tensor(-3, 60, 127.5)),
    case(oscillators.sine, TURNS),
    case(oscillators.square_saw, tensor(0.1, 0.4, 0.77), tensor(0.2), tensor(3)),
    case(oscillators.lfo_shapes, tensor(0.1, 0.4, 0.77, 1.9)),
    case(
        partials.steady, tensor([440, 21000], [0.5, 9999]), hiss(2, 4, 2), hiss(2, 4, 2, seed=1),
        call=lambda *x: partials.steady(*x, TIME),
    ),
    case(partials.cos_sin, tensor(0.1, -7.3), call=lambda turns: partials.cos_sin(turns, torch.float64)),
    case(
        piecewise.piecewise, tensor(-1, 0.4, 1.7, 5),
        call=lambda x: piecewise.piecewise(x, [(0, 1), (1, 3), (2, -1)]),
    ),
    case(rate_envelopes.amplitude, tensor(-120, -40, -3)),
    case(rate_envelopes.hold_s, tensor(3, 60)),
    case(
        rate_envelopes.level_db, tensor(0.35, 0.51),
        *(tensor(x, y) for x, y in ((-3, 0), (-20, -9), (-12, -4), (-95, -60))),
        *(tensor(x, y) for x, y in ((60, 52), (50, 47), (45, 41), (55, 62))), tensor(0.3, 1),
        call=lambda note_on_s, *knobs: rate_envelopes.level_db(
            tensor(0.003, 0.04, 0.13, 0.3, 0.42, 0.6), note_on_s, knobs[:4], knobs[4:8], knobs[8]
        ),
    ),
    case(rate_envelopes.slope, tensor(10, 70), tensor(0.2, 1.4)),
    case(
        rate_envelopes.straight, tensor(0.35, 0.51), *(tensor(x, y) for x, y in ((5, -3), (-7, 9), (2, 4), (0.5, -1))),
        *(tensor(x, y) for x, y in ((60, 52), (50, 47), (45, 41), (55, 62))),
        call=lambda note_on_s, *knobs: rate_envelopes.straight(
            tensor(0.003, 0.04, 0.13, 0.3, 0.42, 0.6), note_on_s, knobs[:4], knobs[4:]
        ),
    ),
    case(warped_time.warped_time, 3 * hiss(2, 4), call=lambda pitch: warped_time.warped_time(pitch, TIME)),
    # A note that glides, one that stands still, one that nearly does.
    *(
        case(phase.glide, hz, tensor(0.3), call=lambda *x: sine_of(phase.glide(*x, TIME)))
        for hz in (tensor([440, 660, 110, 440]), tensor([440, 440, 440, 440]), tensor([440, 440.01, 440, 440]))
    ),
    case(phase.accumulate, HZ, tensor(0.3, -9), call=lambda *x: sine_of(phase.accumulate(*x, TIME))),
    # The operator that compiled code calls.
    case(decimation.decimate, AUDIO, call=lambda audio: decimation.decimate(audio, 2)),
    case(products.matmul, hiss(2, 3, 4), hiss(4, 2), call=products._matmul),
    case(products.matmul, hiss(2, 3, 4), hiss(2, 4, 2)),
    case(
        response.lowpass, tensor(100, 5000, 20000), tensor([900], [9000]),
        call=lambda hz, cutoff_hz: response.lowpass(hz, cutoff_hz, 0.71, RATE),
    ),
    case(spectral.convolve, AUDIO, hiss(2, 3, 6, seed=3)),
]  # fmt: skip
# Functions of whole numbers and settings.
WITHOUT_GRADIENT = {choices.chosen, noise.white, chance.another, group_size, nearest_hop, spectral.fast_length}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.function.__module__[11:]}.{case.function.__name__}")
def test_gradients_are_the_slopes(case):
    assert torch.autograd.gradcheck(case.call, [x.clone().requires_grad_() for x in case.inputs])


def test_every_function_is_tested():
    modules = [importlib.import_module(f"{dsp.__name__}.{m.name}") for m in pkgutil.iter_modules(dsp.__path__)]
    functions = {
        f
        for module in modules
        for name, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__ and not name.startswith("_")
    }
    assert functions == {case.function for case in CASES} | WITHOUT_GRADIENT


def test_lines_between_boundaries_have_slopes():
    assert torch.autograd.gradcheck(TIME.to_audio, HZ.clone().requires_grad_())
    assert torch.autograd.gradcheck(TIME.constant, tensor(1, 2).requires_grad_())
