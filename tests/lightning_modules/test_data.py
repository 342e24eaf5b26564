import inspect
from itertools import islice

import pytest
import torch
from jsonargparse import ArgumentParser

import synths
from doppelganger import Gaussian, Perturbation
from lightning_modules.blocks import IndexBlocks, RankBlocks
from lightning_modules.data import LabelledDataModule, LabelledPairDataModule, PairDataModule, SoundDataModule

SYNTH = synths.find("voice")(sample_rate=16000, seconds=0.05, control_rate=480)


def indices(n_ranks: int, rank: int, first: int = 0, size: int = 4, n_steps: int = 3) -> list[int]:
    blocks = IndexBlocks(size, n_steps)
    sampler = RankBlocks(blocks, n_ranks, rank, lambda: first, endless=True)
    return torch.cat([blocks[start] for start in islice(sampler, n_steps)]).tolist()


def test_ranks_share_no_sound_and_miss_none():
    seen = [i for rank in range(3) for i in indices(3, rank, n_steps=5)]
    assert sorted(seen) == list(range(5 * 3 * 4))


def test_two_ranks_make_the_same_steps_as_one_with_twice_the_batch():
    one = torch.tensor(indices(1, 0, first=7, size=8)).view(3, 8)
    two = [torch.tensor(indices(2, rank, first=7, size=4)).view(3, 4) for rank in range(2)]
    assert torch.equal(torch.cat(two, dim=1), one)


class Place:
    """What a data module knows of its trainer."""

    def __init__(self, n_ranks: int, rank: int, training: bool = True):
        self.world_size, self.global_rank, self.training, self.overfit_batches = n_ranks, rank, training, 0


def trained_on(place: Place, state: dict, n_steps: int, batch_size: int) -> tuple[list[int], dict]:
    """The items of some steps on a rank that goes on from a state, and the state after them."""
    data = PairDataModule(SYNTH, Gaussian(0.1), batch_size, steps_per_epoch=2, n_validation_steps=1)
    data.load_state_dict(state)
    data.trainer = place
    fetched = list(islice(data.train_dataloader(), n_steps + 2))  # two more than are trained on
    used = [data.on_before_batch_transfer(batch, 0) for batch in fetched[:n_steps]]
    place.training = False
    data.on_before_batch_transfer(next(iter(data.val_dataloader())), 0)
    return torch.cat(used).tolist(), data.state_dict()


def test_a_run_goes_on_at_its_next_item_on_any_number_of_ranks_and_with_any_batch():
    state, seen = {"next_item": 0}, []
    for n_ranks, batch_size, n_steps in ((2, 4, 3), (1, 4, 2), (3, 2, 1), (1, 8, 2)):
        ranks = [trained_on(Place(n_ranks, rank), state, n_steps, batch_size) for rank in range(n_ranks)]
        assert all(after == ranks[0][1] for _, after in ranks)
        seen += [item for items, _ in ranks for item in items]
        state = ranks[0][1]
    assert sorted(seen) == list(range(2 * 4 * 3 + 4 * 2 + 3 * 2 + 8 * 2))
    assert state == {"next_item": len(seen)}


def test_train_validation_and_test_never_meet():
    data = PairDataModule(SYNTH, Gaussian(0.1), batch_size=4, steps_per_epoch=3, n_validation_steps=2)
    loaders = data.train_dataloader(), data.val_dataloader(), data.test_dataloader()
    splits = [set(torch.cat(list(islice(loader, len(loader)))).tolist()) for loader in loaders]
    assert [len(split) for split in splits] == [12, 8, 8]
    assert not set.intersection(*splits) and not splits[0] & splits[1] and not splits[1] & splits[2]


def test_a_batch_is_rendered_where_it_is_needed():
    data = PairDataModule(SYNTH, Gaussian(0.1), batch_size=4)
    batch = next(iter(data.val_dataloader()))
    pairs = data.on_after_batch_transfer(batch, 0)
    assert torch.equal(pairs.index, batch)
    assert pairs.a.shape == pairs.b.shape == (4, SYNTH.n_samples)


@pytest.mark.parametrize("cls", [PairDataModule, SoundDataModule, LabelledDataModule, LabelledPairDataModule])
def test_what_a_data_module_is_given_reaches_its_stream(cls, monkeypatch):
    compiled = []
    monkeypatch.setattr(SYNTH, "compile", lambda: compiled.append(cls))
    values = {"synth": SYNTH, "perturbation": Gaussian(0.1), "seed": 7, "n_tags": 11, "batch_size": 6}
    values |= {"steps_per_epoch": 5, "n_validation_steps": 3, "render_ahead": 2, "compile": True}
    given = {name: values[name] for name in inspect.signature(cls).parameters}
    data = cls(**given)
    held = [vars(data), vars(data.stream)] + ([vars(data.stream.pairs)] if cls is LabelledPairDataModule else [])
    for name in given.keys() - {"compile"}:
        assert {id(each[name]) for each in held if name in each} == {id(values[name])}, name
    assert compiled == [cls]


class Halving(Perturbation):
    """A perturbation whose delta has a default of its own."""

    def __init__(self, delta: float = 0.125):
        self.delta = delta

    def __call__(self, space, theta, index, *, seed, view):
        return theta * self.delta


def test_the_default_perturbation_gives_its_delta_to_no_other():
    parser = ArgumentParser()
    parser.add_subclass_arguments(PairDataModule, "data")
    named = ["--data=lightning_modules.data.PairDataModule", "--data.synth=synths.Voice"]
    default = parser.instantiate_classes(parser.parse_args(named)).data
    other = parser.instantiate_classes(parser.parse_args([*named, f"--data.perturbation={__name__}.Halving"])).data
    assert type(default.stream.perturbation) is Gaussian and default.stream.perturbation.delta == 0.25
    assert type(other.stream.perturbation).__name__ == "Halving" and other.stream.perturbation.delta == 0.125


def test_a_pair_alone_is_refused():
    for cls in (PairDataModule, LabelledPairDataModule):
        with pytest.raises(ValueError, match=r"batch_size: expected at least 2"):
            cls(SYNTH, batch_size=1)


@pytest.mark.parametrize(("n_ranks", "rank"), [(1, 0), (2, 1)])
def test_rendering_ahead_gives_the_same_batches_in_fewer_calls(n_ranks, rank):
    """Also after a resume in the middle of what was rendered."""
    ahead, plain = (PairDataModule(SYNTH, Gaussian(0.1), batch_size=4, render_ahead=n) for n in (3, 1))
    for data in (ahead, plain):
        data.trainer = Place(n_ranks, rank)
    n_calls = 0

    def counted(index):
        nonlocal n_calls
        n_calls += 1
        return plain.stream(index)

    ahead.stream = counted
    for start in (0, 44):
        ahead.load_state_dict({"next_item": start})
        for batch in islice(ahead.train_dataloader(), 5):
            expected = plain.stream(batch)
            pairs = ahead.on_after_batch_transfer(ahead.on_before_batch_transfer(batch, 0), 0)
            assert torch.equal(pairs.index, expected.index) and torch.equal(pairs.theta_b, expected.theta_b)
            torch.testing.assert_close(pairs.a, expected.a, atol=1e-6, rtol=0)
    assert n_calls == 4


@pytest.mark.parametrize(
    ("argument", "value", "least"),
    [("render_ahead", 0, 1), ("batch_size", -3, 1), ("steps_per_epoch", 0, 1), ("n_validation_steps", -1, 0)],
)
def test_a_number_below_the_least_is_refused(argument, value, least):
    with pytest.raises(ValueError, match=f"{argument}: expected at least {least}; got {value}"):
        SoundDataModule(SYNTH, **{argument: value})
