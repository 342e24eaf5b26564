"""Steps of the size that each perturbation promises."""

import math
import statistics

import pytest
import torch
from torch import Tensor

import synths
from doppelganger import index_ranges
from doppelganger.encoders.frontends import LogMel
from doppelganger.streams.pairs import PairStream
from doppelganger.streams.perturbations import ByGroup, EqualChange, Ramp
from doppelganger.streams.perturbations.equal_change import sensitivity_db
from synths import AudioSynth
from synths.parameters import Parameter, ParameterSpace
from synths.perturbation import perturb

RATE = 8000


class Noise(AudioSynth):
    """Noise whose level is a knob of 40 dB, and one of 10 dB; a knob without effect; a choice of sign."""

    def __init__(self, sample_rate: int = RATE):
        knobs = [Parameter("level", -40, 0, "dB"), Parameter("trim", -5, 5, "dB"), Parameter("dead", 0, 1)]
        space = ParameterSpace([*knobs, Parameter("sign", 0, 2, "choice")])
        super().__init__(space, sample_rate=sample_rate, seconds=0.5)

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(self.n_samples, generator=generator, dtype=torch.float64)
        gain_db = physical[:, :1] + physical[:, 1:2]
        return (20 * 10 ** (gain_db / 20) * noise * (1 - 2 * physical[:, 3:].floor())).to(dtype)


def spread(perturbation, index: Tensor, space: ParameterSpace) -> Tensor:
    """Standard deviation of each column's step from the middle, where nothing is clipped."""
    theta = torch.full((len(index), len(space)), 0.5)
    return (perturbation(space, theta, index, seed=0, view="a") - theta).std(dim=0)


def test_a_ramp_goes_from_its_start_to_its_end():
    space, ramp = synths.Voice().space, Ramp(start=0.01, end=0.04, n_items=1000)
    steps = {n: spread(ramp, torch.arange(n, n + 100), space).mean().item() for n in (0, 450, 5000)}
    assert steps[0] == pytest.approx(0.01 * 4**0.05, rel=0.05)
    assert steps[450] == pytest.approx(0.02, rel=0.05)
    assert steps[5000] == pytest.approx(0.04, rel=0.05)
    last = index_ranges.VALIDATE + torch.arange(100)
    assert spread(ramp, last, space).mean().item() == pytest.approx(0.04, rel=0.05)


def test_an_item_of_a_ramp_is_the_same_alone_and_in_a_batch():
    voice = synths.Voice(sample_rate=RATE, seconds=0.1, control_rate=400)
    stream = PairStream(voice, Ramp(0.01, 0.3, 50))
    whole = stream(torch.arange(20, 40))
    assert torch.equal(whole.theta_a[7:8], stream(torch.tensor([27])).theta_a)
    assert not torch.equal(whole.theta_a, whole.theta_b)


def test_groups_have_deltas_of_their_own():
    space = synths.Voice().space
    by_group = ByGroup({"adsr_*": 0.1, "*.attack": 0.0, "keyboard.midi_f0": 0.02}, delta=0.01)
    for name, std in zip(space.names, spread(by_group, torch.arange(4000), space).tolist(), strict=True):
        expected = 0.1 if name.startswith("adsr_") else 0.02 if name == "keyboard.midi_f0" else 0.01
        expected = 0.0 if name.endswith(".attack") else expected
        assert std == pytest.approx(expected, rel=0.06), name


def test_a_pattern_without_parameters_is_named():
    space = synths.Voice().space
    with pytest.raises(ValueError, match=r"deltas: no parameter matches 'adrs_\*'; there are keyboard.midi_f0, "):
        ByGroup({"adrs_*": 0.1})(space, torch.zeros(1, len(space)), torch.zeros(1, dtype=torch.int64), seed=0, view="a")


def test_sounds_that_a_knob_does_not_change_do_not_count():
    class Muted(Noise):
        def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
            usual = physical[:, :1] < -10  # three of four sounds
            return super().synthesize(torch.where(usual, torch.zeros(()), 1.0) * physical, key, dtype)

    delta = torch.full((4,), 0.02)
    sensitivity = sensitivity_db(Muted(), delta, 32)
    assert sensitivity[1].item() == pytest.approx(10, rel=0.1)  # of trim


@pytest.mark.parametrize("sample_rate", [RATE, 44100])
def test_equal_changes_of_level_are_equal_in_decibels(sample_rate):
    perturbation, synth = EqualChange(change_db=2.0, largest=0.3, n_sounds=4), Noise(sample_rate)
    perturbation.fit(synth)
    level, trim, dead, sign = spread(perturbation, torch.arange(4000), synth.space).tolist()
    # 2 dB are a twentieth of one knob and a fifth of the other. The front end's offset hides less than a tenth of it.
    assert level == pytest.approx(2 / 40, rel=0.1)
    assert trim == pytest.approx(2 / 10, rel=0.1)
    assert dead == pytest.approx(0.3, rel=0.1) and sign == 0


def test_a_limit_may_be_larger_than_the_room_for_a_step():
    perturbation = EqualChange(change_db=2.0, largest=0.9, n_sounds=4)
    perturbation.fit(Noise())
    assert perturbation._delta.tolist()[2:] == pytest.approx([0.9, 0.9])


def test_each_step_changes_other_sounds_by_as_much():
    """Change of the log-mel, in dB, of sounds that the estimate did not use."""
    drum = synths.Drum(sample_rate=RATE, seconds=0.5, control_rate=400)
    perturbation = EqualChange(change_db=1.0, n_sounds=32)
    perturbation.fit(drum)
    index = torch.arange(100)
    theta, key = drum.sample(index), drum.noise_key(index)
    log_mel = LogMel(sample_rate=RATE, high_hz=RATE / 2, frame_multiple=1, mean=0.0, deviation=1.0)
    before, changes = log_mel(drum.render(theta, key)), {}
    for column, name in enumerate(drum.space.names):
        if 0 < perturbation._delta[column] < perturbation.largest:
            delta = torch.zeros(len(drum.space))
            delta[column] = perturbation._delta[column]
            moved = log_mel(drum.render(perturb(drum.space, theta, delta, index, seed=0, view="a"), key))
            change = (moved - before).flatten(1).square().mean(dim=1)
            changes[name] = 20 / math.log(10) * change[change > 0].median().sqrt().item()
    assert len(changes) > 5
    usual = 0.674  # median of |N(0, 1)|, and so of the size of a step
    assert 0.8 * usual < statistics.median(changes.values()) < 1.25 * usual
    assert {name: change for name, change in changes.items() if not usual / 4 < change < usual * 4} == {}


def test_a_bank_is_measured_synth_by_synth():
    bank = synths.SynthBank({"a": Noise(), "b": Noise()})
    perturbation = EqualChange(change_db=2.0, n_sounds=4)
    perturbation.fit(bank)
    delta = perturbation._delta.tolist()
    assert len(delta) == 9 and delta[1:5] == delta[5:]


def test_patterns_have_no_audible_steps():
    with pytest.raises(ValueError, match="expected a synth of sounds; got Perlin, a synth of patterns"):
        EqualChange().fit(synths.Perlin())


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Ramp(0.0, 0.1, 10), "expected start, end and n_items above 0; got 0.0, 0.1 and 10"),
        (lambda: ByGroup({"a": -0.1}), "expected deltas of at least 0; got -0.1"),
        (lambda: EqualChange(change_db=0.0), "expected numbers above 0; got 0.0, 0.5 and 32"),
    ],
)
def test_numbers_out_of_range_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("delta", [torch.full((3,), 0.1), torch.tensor([[-0.1], [0.1]]), -0.1])
def test_deltas_of_another_shape_or_sign_are_refused(delta):
    space, index = synths.Voice().space, torch.arange(2)
    with pytest.raises(ValueError, match="expected delta"):
        perturb(space, torch.full((2, len(space)), 0.5), delta, index, seed=0, view="a")
