"""A bank plays what its synths play, as often as its weights say."""

import pytest
import torch

import synths
from synths.perturbation import perturb

SETTING = {"sample_rate": 16000, "seconds": 0.1}


def small(**weights):
    return synths.SynthBank(
        {
            "low": synths.Plucked(ranges={"keyboard.midi_f0": [30, 40]}, **SETTING),
            "kick": synths.Drum(distribution="physical", **SETTING),
            "high": synths.Plucked(ranges={"keyboard.midi_f0": [80, 90]}, **SETTING),
        },
        weights or None,
    )


def test_a_sound_is_the_one_of_the_synth_that_was_drawn():
    bank, index = small(), torch.arange(40)
    theta, sound = bank.sample(index, seed=3), bank.play(index, seed=3)
    for i, name in enumerate(("low", "kick", "high")):
        rows = (bank.choice(theta) == i).nonzero()[:, 0]
        assert len(rows) > 4
        torch.testing.assert_close(sound[rows], bank.synths[name].play(index[rows], seed=3), rtol=0, atol=1e-6)


def test_drawn_as_often_as_weighed():
    drawn = small(low=1, kick=2, high=5).choice(small(low=1, kick=2, high=5).sample(torch.arange(8000)))
    assert drawn.bincount().tolist() == pytest.approx([1000, 2000, 5000], rel=0.1)
    assert set(small(kick=1).choice(small(kick=1).sample(torch.arange(100))).tolist()) == {1}


def test_only_columns_of_the_mask_change_the_sound():
    bank, index = small(), torch.arange(12)
    theta = bank.sample(index)
    mask, other = bank.mask(theta), bank.sample(index + 100)
    assert mask.sum(dim=1).tolist() == [1 + [17, 18, 17][i] for i in bank.choice(theta)]
    torch.testing.assert_close(bank.render(torch.where(mask, theta, other)), bank.render(theta), rtol=0, atol=1e-6)
    theta = theta.requires_grad_()
    bank.render(theta).square().sum().backward()
    assert (theta.grad[~mask] == 0).all()
    assert ((theta.grad != 0).sum(dim=1) > 5).all()


def test_a_synth_without_rows_is_not_played(monkeypatch):
    bank = small()
    monkeypatch.setattr(bank.synths["kick"], "render_physical", None)
    index = torch.arange(40)
    rows = bank.choice(bank.sample(index)) != 1
    assert len(bank.play(index[rows])) == rows.sum()


def test_a_doppelganger_is_of_the_same_synth():
    bank, index = small(), torch.arange(200)
    theta = bank.sample(index)
    moved = perturb(bank.space, theta, 0.5, index, seed=0, view="a")
    assert torch.equal(bank.choice(moved), bank.choice(theta))


def test_a_bank_in_a_bank():
    inner, index = small(), torch.arange(30)
    bank = synths.SynthBank({"inner": inner, "voice": synths.Voice(**SETTING)}, ranges={"synth": 0})
    torch.testing.assert_close(bank.play(index), inner.play(index), rtol=0, atol=1e-6)
    assert "inner.low.string.decay" in bank.space.names


@pytest.mark.parametrize("names", ["inner voice", "voice inner"])
def test_a_bank_in_a_bank_draws_for_itself(names):
    inner, index = small(), torch.arange(6000)
    bank = synths.SynthBank({n: {"inner": inner, "voice": synths.Voice(**SETTING)}[n] for n in names.split()})
    theta = bank.sample(index)
    start = bank.space.column("inner.synth")
    theirs = theta[bank.choice(theta) == names.split().index("inner"), start : start + len(inner.space)]
    assert inner.choice(theirs).bincount(minlength=3).tolist() == pytest.approx([1000] * 3, rel=0.15)


def test_a_narrowed_choice_keeps_the_weights():
    parts, weights = dict(small().synths.items()), {"low": 1, "kick": 2, "high": 5}
    bank = synths.SynthBank(parts, weights, ranges={"synth": [1, 3]})
    drawn = bank.choice(bank.sample(torch.arange(7000))).bincount(minlength=3)
    assert drawn.tolist() == pytest.approx([0, 2000, 5000], rel=0.05)
    with pytest.raises(ValueError, match="synth: expected a range with a synth of weight above 0"):
        synths.SynthBank(parts, {"low": 1}, ranges={"synth": [1, 3]})


def test_synths_draw_within_the_ranges_of_their_bank():
    drum, index = synths.Drum(distribution="presets::0", **SETTING), torch.arange(30)
    low = synths.Drum(distribution="presets::0", ranges={"skin.bend": [0, 2]}, **SETTING)
    bank = synths.SynthBank({"drum": drum}, ranges={"drum.skin.bend": [0, 2]})
    bends = drum.space.to_physical(drum.sample(index))[:, 1]
    assert (bends > 2).any() and (bends < 2).any() and drum.space[1].high == 4
    assert torch.equal(bank.sample(index)[:, 1:], low.sample(index))
    torch.testing.assert_close(bank.play(index), low.play(index), rtol=0, atol=1e-6)


def test_a_bank_in_a_narrower_bank_keeps_its_weights():
    inner = synths.SynthBank(dict(small().synths.items()), {"low": 1, "kick": 2, "high": 5})
    bank = synths.SynthBank({"inner": inner}, ranges={"inner.synth": [1, 3]})
    physical = bank.space.to_physical(bank.sample(torch.arange(7000)))
    assert physical[:, 1].long().bincount(minlength=3).tolist() == pytest.approx([0, 2000, 5000], rel=0.05)
    assert len(bank.play(torch.arange(4))) == 4


@pytest.mark.parametrize("synth", [0, 1, 2, 3])
def test_a_fixed_choice_has_the_noise_of_its_synth(synth, monkeypatch):
    parts = dict(small().synths.items())
    for number, part in enumerate(parts.values()):
        monkeypatch.setattr(part, "noise_key", lambda index, seed, view, number=number: index * 10 + number)
    bank, index = synths.SynthBank(parts, ranges={"synth": synth}), torch.arange(50)
    assert (bank.choice(bank.sample(index)) == min(synth, 2)).all()
    assert torch.equal(bank.noise_key(index), index * 10 + min(synth, 2))


@pytest.mark.parametrize("name", ["pop", "keys", "train", "a.b"])
def test_a_synth_of_a_bank_may_have_any_name(name):
    bank = synths.SynthBank({name: synths.Drum(**SETTING)})
    assert bank.space.names[1] == f"{name}.skin.frequency"


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (({},), "at least one synth"),
        (({"a": synths.Drum(seconds=1.0), "b": synths.Drum(seconds=2.0)},), "b: expected 44100 Hz and 44100 samples"),
        (({"a": synths.Drum()}, {"b": 1.0}), "unknown synths: b; the bank has a"),
        (({"a": synths.Drum()}, {"a": -1.0}), "at least 0"),
        (({"a": synths.Drum()}, {"a": 0.0}), "not all 0"),
    ],
)
def test_wrong_synths_and_weights_are_refused(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        synths.SynthBank(*arguments)
