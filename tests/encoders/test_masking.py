import pytest
import torch
from scipy import ndimage

from doppelganger.encoders.masking import BlockMasking, FrequencyMasking, RandomMasking, TimeMasking

MASKINGS = [RandomMasking(), TimeMasking(), FrequencyMasking(0.5), BlockMasking()]
INDEX = torch.arange(200)


def pictures(masking, rows, columns):
    """True where a patch is hidden: (batch, rows, columns)."""
    _, hidden = masking(INDEX, rows, columns)
    return torch.zeros(len(INDEX), rows * columns).scatter(1, hidden, 1).bool().view(-1, rows, columns)


@pytest.mark.parametrize("rows, columns", [(4, 12), (1, 24), (5, 13), (8, 64), (1, 2)])
@pytest.mark.parametrize("masking", MASKINGS, ids=lambda m: type(m).__name__)
def test_every_patch_is_either_visible_or_hidden(masking, rows, columns):
    visible, hidden = masking(INDEX, rows, columns)
    assert torch.equal(
        torch.cat([visible, hidden], dim=1).sort(dim=1).values, torch.arange(rows * columns).repeat(200, 1)
    )
    assert abs(hidden.shape[1] - masking.ratio * rows * columns) <= 0.5


@pytest.mark.parametrize("masking", MASKINGS, ids=lambda m: type(m).__name__)
def test_masks_follow_from_the_number_of_the_item(masking):
    _, hidden = masking(INDEX, 4, 12)
    _, again = masking(INDEX[50:53], 4, 12)
    assert torch.equal(again, hidden[50:53])
    assert len(hidden.unique(dim=0)) > 1
    masking = type(masking)(seed=1)
    assert not torch.equal(masking(INDEX, 4, 12)[1], type(masking)(seed=0)(INDEX, 4, 12)[1])


@pytest.mark.parametrize("masking", MASKINGS, ids=lambda m: type(m).__name__)
def test_every_patch_is_hidden_as_often_as_any_other(masking):
    share = pictures(masking, 4, 12).double().mean(dim=0)
    assert (share - masking.ratio).abs().max() < 0.15  # four standard deviations of 200 draws


def test_time_masking_hides_moments_and_frequency_masking_bands():
    moments = pictures(TimeMasking(0.75), 4, 12)
    assert (moments == moments[:, :1]).all()
    bands = pictures(FrequencyMasking(0.5), 4, 12)
    assert (bands == bands[:, :, :1]).all()


def test_blocks_are_larger_than_patches_at_random():
    """Connected regions, counted by scipy."""

    def n_regions(masking):
        return sum(ndimage.label(~hidden)[1] for hidden in pictures(masking, 8, 24).numpy())

    assert n_regions(BlockMasking(2, 4)) < 0.5 * n_regions(RandomMasking())


@pytest.mark.parametrize("ratio", [0, 1, -0.1, 1.5])
def test_a_ratio_that_hides_nothing_or_everything_is_refused(ratio):
    with pytest.raises(ValueError, match="mask ratio must lie between 0 and 1"):
        RandomMasking(ratio)


def test_a_single_patch_is_refused():
    with pytest.raises(ValueError, match="at least 2 patches"):
        RandomMasking()(INDEX, 1, 1)
