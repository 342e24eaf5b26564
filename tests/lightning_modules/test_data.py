import pytest
import torch

import synths
from doppelganger import Gaussian
from lightning_modules.blocks import IndexBlocks, RankBlocks
from lightning_modules.data import PairDataModule

SYNTH = synths.find("voice")(sample_rate=16000, seconds=0.05, control_rate=480)


def indices(n_ranks: int, rank: int, epoch: int, size: int = 4, n_steps: int = 3) -> list[int]:
    blocks = IndexBlocks(first=0, size=size, n_blocks=n_steps)
    sampler = RankBlocks(blocks, n_ranks, rank, endless=True)
    sampler.set_epoch(epoch)
    return torch.cat([blocks[block] for block in sampler]).tolist()


def test_ranks_and_epochs_share_no_sound_and_miss_none():
    seen = [i for epoch in range(5) for rank in range(3) for i in indices(3, rank, epoch)]
    assert sorted(seen) == list(range(5 * 3 * 3 * 4))


def test_two_ranks_make_the_same_steps_as_one_with_twice_the_batch():
    one = torch.tensor(indices(1, 0, epoch=2, size=8)).view(3, 8)
    two = [torch.tensor(indices(2, rank, epoch=2, size=4)).view(3, 4) for rank in range(2)]
    assert torch.equal(torch.cat(two, dim=1), one)


def test_train_validation_and_test_never_meet():
    data = PairDataModule(SYNTH, Gaussian(0.1), batch_size=4, steps_per_epoch=3, n_validation_steps=2)
    loaders = data.train_dataloader(), data.val_dataloader(), data.test_dataloader()
    splits = [set(torch.cat(list(loader)).tolist()) for loader in loaders]
    assert [len(split) for split in splits] == [12, 8, 8]
    assert not set.intersection(*splits) and not splits[0] & splits[1] and not splits[1] & splits[2]


def test_a_batch_is_rendered_where_it_is_needed():
    data = PairDataModule(SYNTH, Gaussian(0.1), batch_size=4)
    batch = next(iter(data.val_dataloader()))
    pairs = data.on_after_batch_transfer(batch, 0)
    assert torch.equal(pairs.index, batch)
    assert pairs.a.shape == pairs.b.shape == (4, SYNTH.n_samples)


def test_a_pair_without_strangers_is_refused():
    with pytest.raises(ValueError, match=r"data\.batch_size must be at least 2"):
        PairDataModule(SYNTH, batch_size=1)
