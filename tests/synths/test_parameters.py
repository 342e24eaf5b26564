"""Ranges and curves against their formula in plain Python, and against torchsynth's own class."""

import numpy as np
import pytest
import torch

import synths
from synths.import_torchsynth import import_torchsynth
from synths.notes import Notes
from synths.parameters import Parameter, ParameterSpace
from synths.parameters.parameter import number

LINEAR = Parameter("linear", -3, 5, "dB")
BENT = Parameter("bent", 0.01, 4, "s", curve=0.5)
SHY = Parameter("shy", 0, 1, "ratio", curve=0.025)
ROOT = Parameter("root", 0, 10, "Hz", curve=2)
SYMMETRIC = Parameter("symmetric", -96, 96, "semitone", curve=0.2, symmetric=True)
LOPSIDED = Parameter("lopsided", -10, 20, "Hz", curve=0.5, symmetric=True)
EVERY = (LINEAR, BENT, SHY, ROOT, SYMMETRIC, LOPSIDED)
SPACE = ParameterSpace(EVERY)
GRID = torch.linspace(0, 1, 101, dtype=torch.float64)


def physical(parameter, theta):
    return ParameterSpace([parameter]).to_physical(theta[:, None])[:, 0]


def by_hand(p, x):
    if not p.symmetric:
        return p.low + (p.high - p.low) * x ** (1 / p.curve)
    middle, half = (p.low + p.high) / 2, (p.high - p.low) / 2
    side = 1 if x > 0.5 else -1
    return middle + half * side * abs(2 * x - 1) ** (1 / p.curve)


@pytest.mark.parametrize("parameter", EVERY, ids=lambda p: p.name)
def test_curve_is_the_formula(parameter):
    expected = torch.tensor([by_hand(parameter, x) for x in GRID.tolist()], dtype=torch.float64)
    torch.testing.assert_close(physical(parameter, GRID), expected, rtol=1e-12, atol=1e-12)
    assert physical(parameter, GRID)[[0, -1]].tolist() == [parameter.low, parameter.high]


@pytest.mark.parametrize("parameter", EVERY, ids=lambda p: p.name)
def test_curve_is_torchsynths(parameter):
    pytest.importorskip("torchsynth", reason="torchsynth is not installed")
    theirs = import_torchsynth().parameter.ModuleParameterRange(
        parameter.low, parameter.high, parameter.curve, parameter.symmetric
    )
    torch.testing.assert_close(physical(parameter, GRID), theirs.from_0to1(GRID), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("parameter", EVERY, ids=lambda p: p.name)
def test_curve_has_a_finite_slope(parameter):
    theta = torch.tensor([0.0, 1e-12, 1e-6, 0.3, 0.5, 1.0], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(physical(parameter, theta).sum(), theta)
    assert slope.isfinite().all() and (slope >= 0).all()
    inner = torch.tensor([0.2, 0.4, 0.7, 0.9], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: physical(parameter, x), inner)


@pytest.mark.parametrize("theta", [0.0, 1.0])
def test_a_straight_line_has_its_slope_at_both_ends(theta):
    at_end = torch.tensor([theta], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.grad(physical(LINEAR, at_end).sum(), at_end)[0].item() == LINEAR.high - LINEAR.low


@pytest.mark.parametrize("parameter", EVERY, ids=lambda p: p.name)
def test_the_way_back_has_a_finite_slope(parameter):
    theta = torch.tensor([0.0, 0.3, 0.5, 0.8, 1.0], dtype=torch.float64)
    value = physical(parameter, theta).requires_grad_()
    back = ParameterSpace([parameter]).to_theta(value[:, None])[:, 0]
    (slope,) = torch.autograd.grad(back.sum(), value)
    assert slope.isfinite().all() and (slope >= 0).all()
    (forth,) = torch.autograd.grad(physical(parameter, theta.requires_grad_()).sum(), theta)
    torch.testing.assert_close(slope[[1, 3]] * forth[[1, 3]], torch.ones(2, dtype=torch.float64), rtol=1e-6, atol=0)


def test_theta_of_what_was_set_by_hand():
    theta = SPACE.to_theta(torch.tensor([[1.0, 1.0075, 1.0, 5.0, -96 / 32, 5.0]]))
    expected = torch.tensor([[0.5, 0.5, 1.0, 0.25, 0.25, 0.5]])
    torch.testing.assert_close(theta, expected)
    for curve in (1, 0.2):
        assert ParameterSpace([Parameter("fixed", 2, 2, curve=curve)]).to_theta(torch.tensor([[2.0]])).item() == 0.5


@pytest.mark.parametrize("end", [0.0, 1.0])
@pytest.mark.parametrize("name", ["voice", "subtractive", "sixoperatorfm", "soundscape"])
def test_ends_rounded_to_single_precision_are_still_in_range(name, end):
    space = synths.find(name)(seconds=0.1).space
    single = space.to_physical(torch.full((1, len(space)), end)).float()
    theta = space.to_theta(single)
    assert theta.min() >= 0 and theta.max() <= 1
    torch.testing.assert_close(space.to_physical(theta).float(), single)
    space.narrow(dict(zip(space.names, single[0].tolist(), strict=True)))


@pytest.mark.parametrize("high", [1, 3])
def test_not_a_number_has_no_theta(high):
    with pytest.raises(ValueError, match="knob: expected 1 to"):
        ParameterSpace([Parameter("knob", 1, high)]).to_theta(torch.tensor([[torch.nan]]))


@pytest.mark.parametrize("low, high", [(0.1, 0.3), (-0.7, 0.0), (0.0, 1e-5), (1e-7, 22050.3), (440.1, 440.1)])
def test_what_rounds_to_an_end_is_that_end_and_what_is_farther_is_refused(low, high):
    space = ParameterSpace([Parameter("knob", low, high)])
    for end, away in ((low, -1), (high, 1)):
        rounded = end + away * 1e-7 * abs(end)
        theta = space.to_theta(torch.tensor([[rounded]], dtype=torch.float64))
        assert theta.item() == (0.5 if low == high else max(0.0, away))
        assert space.narrow({"knob": rounded})[0].low == end
        farther = end + away * 1e-5 * max(abs(end), high - low)
        with pytest.raises(ValueError, match="knob: expected"):
            space.to_theta(torch.tensor([[farther]], dtype=torch.float64))
        with pytest.raises(ValueError, match="knob: expected"):
            space.narrow({"knob": farther})


def test_columns_follow_names():
    space = ParameterSpace.of({"adsr_1": (BENT,), "vco_1": (LINEAR, SYMMETRIC)})
    assert space.names == ("adsr_1.bent", "vco_1.linear", "vco_1.symmetric")
    assert [space.column(name) for name in space.names] == [0, 1, 2]
    assert space[1].unit == "dB" and len(space) == 3


def test_what_changes_the_fingerprint():
    reference = SPACE.fingerprint()
    assert ParameterSpace(EVERY).fingerprint() == reference
    assert ParameterSpace(EVERY[::-1]).fingerprint() != reference
    assert ParameterSpace(EVERY[1:]).fingerprint() != reference
    assert SPACE.narrow({"linear": [0, 5]}).fingerprint() != reference
    explained = [Parameter(p.name, p.low, p.high, p.unit, p.curve, p.symmetric, "in other words") for p in EVERY]
    assert ParameterSpace(explained).fingerprint() == reference


def test_a_pattern_narrows_all_that_match_it_and_later_entries_win():
    space = synths.Voice(seconds=0.1).space
    narrowed = space.narrow({"vco_?.tuning": 3, "adsr_[12].*": [0.2, 0.5], "adsr_2.attack": 1.5, "mixer.vco_*": 0})
    by_name = {p.name: (p.low, p.high) for p in narrowed}
    assert {n: r for n, r in by_name.items() if r != (space[space.column(n)].low, space[space.column(n)].high)} == {
        "vco_1.tuning": (3, 3),
        "vco_2.tuning": (3, 3),
        **{f"adsr_{i}.{knob}": (0.2, 0.5) for i in (1, 2) for knob in ("decay", "sustain", "release", "alpha")},
        "adsr_1.attack": (0.2, 0.5),
        "adsr_2.attack": (1.5, 1.5),
        "mixer.vco_1": (0, 0),
        "mixer.vco_2": (0, 0),
    }
    assert space.narrow({"mixer.noise": 0.5, "mixer.*": 1}).fingerprint() == space.narrow({"mixer.*": 1}).fingerprint()
    with pytest.raises(ValueError, match=r"unknown parameter 'mixr\.\*'; did you mean"):
        space.narrow({"mixr.*": 0})
    with pytest.raises(ValueError, match=r"adsr_1\.sustain: expected a value .* within 0 to 1 ratio; got 2"):
        space.narrow({"adsr_1.*": 2})


@pytest.mark.parametrize(
    ("saved", "difference"),
    [
        (SPACE.narrow({"bent": 1.0}), "bent: here .*, saved"),
        (ParameterSpace(EVERY[1:]), "linear: only here"),
        (ParameterSpace((*EVERY, Parameter("extra", 0, 1))), "extra: only in the saved one"),
        (ParameterSpace(EVERY[::-1]), "another order"),
        (ParameterSpace([Parameter(f"other_{i}", 0, 1) for i in range(2)]), r"\+5 more"),
    ],
)
def test_require_names_the_difference(saved, difference):
    with pytest.raises(ValueError, match=difference):
        SPACE.require(saved.describe())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", 0, 1, "parsec"), "x: unit: expected one of Hz, s, dB.*got 'parsec'"),
        (("x", 2, 1), "x: expected low of at most high; got low=2, high=1"),
        (("x", 0, float("nan")), "x: expected low of at most high"),
        (("x", 0, float("inf")), "x: expected finite low and high; got low=0, high=inf"),
        (("x", -float("inf"), 0), "x: expected finite low and high; got low=-inf, high=0"),
        (("x", 0, 1, "none", 0), "x: curve: expected a positive, finite number; got 0"),
        (("x", 0, 1, "none", float("inf")), "x: curve: expected a positive, finite number; got inf"),
    ],
)
def test_wrong_parameters_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Parameter(*arguments)


def test_wrong_spaces_and_values_are_refused():
    with pytest.raises(ValueError, match="more than one named bent"):
        ParameterSpace([BENT, LINEAR, BENT])
    with pytest.raises(ValueError, match="unknown parameter 'symetric'; did you mean symmetric"):
        SPACE.column("symetric")
    with pytest.raises(ValueError, match=r"linear: expected a value or .* within -3 to 5 dB; got 6"):
        SPACE.narrow({"linear": 6})
    with pytest.raises(ValueError, match=r"linear: expected -3 to 5 dB; got 5.1 \(row 1\)"):
        values = SPACE.to_physical(torch.full((2, 6), 0.5))
        values[1, 0] = 5.1
        SPACE.to_theta(values)
    with pytest.raises(ValueError, match=r"expected theta of shape \(batch, 6\); got \(2, 5\)"):
        SPACE.to_physical(torch.zeros(2, 5))
    with pytest.raises(ValueError, match=r"expected theta in \[0, 1\]; got 1.000001 \(row 0\)"):
        SPACE.to_physical(torch.full((2, 6), 1.000001))


@pytest.mark.parametrize(
    ("theta", "got"),
    [
        (np.zeros((2, 78), np.float32), "ndarray"),
        ([[0.5] * 78], "list"),
        (torch.zeros(2, 78, dtype=torch.complex64), "torch.complex64"),
    ],
)
def test_what_is_no_tensor_of_real_numbers_is_refused(theta, got):
    voice = synths.Voice(sample_rate=16000, seconds=0.01)
    calls = (voice.render, voice.space.to_physical, lambda x: voice.play_notes(Notes.of(60), x))
    for call in calls:
        with pytest.raises(ValueError, match=rf"expected theta as a tensor of real numbers \(batch, 78\); got {got}"):
            call(theta)


@pytest.mark.parametrize(("key", "got"), [(0, "int"), ([0, 1], "list"), (np.zeros(2, np.int64), "ndarray")])
def test_a_key_that_is_no_tensor_is_refused(key, got):
    voice = synths.Voice(sample_rate=16000, seconds=0.01)
    with pytest.raises(ValueError, match=rf"expected key as int64 of shape \(2,\); got {got}"):
        voice.render(torch.zeros(2, 78), key)


def test_numbers_have_four_digits_and_no_exponent():
    shown = {10812: "10810", 12000.0: "12000", 2.8e-5: "0.000028", -1 / 3: "-0.3333", 0.05: "0.05", 0: "0"}
    assert {value: number(value) for value in shown} == shown
