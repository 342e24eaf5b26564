import pytest
import torch
from scipy import ndimage

from doppelganger.encoders.masking import BlockMasking, FrequencyMasking, RandomMasking, TimeMasking

MASKINGS = [RandomMasking(), TimeMasking(), FrequencyMasking(0.5), BlockMasking()]
INDEX = torch.arange(200)


def masked(masking, rows, columns):
    """True where a patch is masked: (batch, rows, columns)."""
    _, patches = masking(INDEX, rows, columns)
    return torch.zeros(len(INDEX), rows * columns).scatter(1, patches, 1).bool().view(-1, rows, columns)


@pytest.mark.parametrize("rows, columns", [(4, 12), (1, 24), (5, 13), (8, 64), (1, 2)])
@pytest.mark.parametrize("masking", MASKINGS, ids=lambda m: type(m).__name__)
def test_every_patch_is_either_visible_or_masked(masking, rows, columns):
    visible, masked = masking(INDEX, rows, columns)
    assert torch.equal(
        torch.cat([visible, masked], dim=1).sort(dim=1).values, torch.arange(rows * columns).repeat(200, 1)
    )
    assert abs(masked.shape[1] - masking.ratio * rows * columns) <= 0.5


@pytest.mark.parametrize("masking", MASKINGS, ids=lambda m: type(m).__name__)
def test_masks_follow_from_the_index_of_the_item(masking):
    _, masked = masking(INDEX, 4, 12)
    _, again = masking(INDEX[50:53], 4, 12)
    assert torch.equal(again, masked[50:53])
    assert len(masked.unique(dim=0)) > 1
    masking = type(masking)(seed=1)
    assert not torch.equal(masking(INDEX, 4, 12)[1], type(masking)(seed=0)(INDEX, 4, 12)[1])


@pytest.mark.parametrize("masking", MASKINGS, ids=lambda m: type(m).__name__)
def test_every_patch_is_masked_as_often_as_any_other(masking):
    share = masked(masking, 4, 12).double().mean(dim=0)
    assert (share - masking.ratio).abs().max() < 0.15  # four standard deviations of 200 draws


def test_time_masking_masks_columns_and_frequency_masking_rows():
    columns = masked(TimeMasking(0.75), 4, 12)
    assert (columns == columns[:, :1]).all()
    bands = masked(FrequencyMasking(0.5), 4, 12)
    assert (bands == bands[:, :, :1]).all()


@pytest.mark.parametrize(
    ("masking", "axes", "n"),
    [(RandomMasking(0.75), (1, 2), 48), (TimeMasking(0.75), (2,), 12), (FrequencyMasking(0.5), (1,), 4)],
)
def test_neighbours_are_masked_independently(masking, axes, n):
    """Of n patches, columns or rows, k are masked: two of them in k (k - 1) of n (n - 1) cases."""
    patches, k = masked(masking, 4, 12), masking.ratio * n
    for axis in axes:
        size = patches.shape[axis] - 1
        both = patches.narrow(axis, 0, size) & patches.narrow(axis, 1, size)
        assert float(both.double().mean()) == pytest.approx(k * (k - 1) / (n * (n - 1)), abs=0.05)


def test_blocks_are_larger_than_patches_at_random():
    """Connected regions, counted by scipy."""

    def n_regions(masking):
        return sum(ndimage.label(~one)[1] for one in masked(masking, 8, 24).numpy())

    assert n_regions(BlockMasking(2, 4)) < 0.5 * n_regions(RandomMasking())


def test_blocks_begin_anywhere():
    """Two neighbours share a block of 4 columns in 3 of 4 places of its lattice, wherever they are."""
    patches = masked(BlockMasking(2, 4, ratio=0.5), 8, 24).double()
    across = (patches[:, :, 1:] == patches[:, :, :-1]).double().mean(dim=(0, 1))
    down = (patches[:, 1:] == patches[:, :-1]).double().mean(dim=(0, 2))
    # Equal when in one block, and in half of all cases else; on a lattice that always begins at 0, edges stand out.
    assert across.sub(1 - 0.25 / 2).abs().max() < 0.1
    assert down.sub(1 - 0.5 / 2).abs().max() < 0.1


@pytest.mark.parametrize("height, width", [(0, 4), (2, 0)])
def test_a_block_without_patches_is_refused(height, width):
    with pytest.raises(ValueError, match=f"at least 1 by 1; got {height} and {width}"):
        BlockMasking(height, width)


@pytest.mark.parametrize("ratio", [0, 1, -0.1, 1.5])
def test_a_ratio_that_masks_nothing_or_everything_is_refused(ratio):
    with pytest.raises(ValueError, match="mask ratio: expected a number between 0 and 1"):
        RandomMasking(ratio)


def test_a_single_patch_is_refused():
    with pytest.raises(ValueError, match="at least 2 patches"):
        RandomMasking()(INDEX, 1, 1)


def test_a_block_of_one_patch_is_a_block():
    visible, masked = BlockMasking(1, 1)(torch.arange(3), 4, 6)
    assert visible.shape == (3, 6) and masked.shape == (3, 18)


@pytest.mark.parametrize(("ratio", "n_visible"), [(0.01, 3), (0.99, 1)])
def test_at_least_one_patch_is_masked_and_one_visible(ratio, n_visible):
    visible, masked = RandomMasking(ratio)(torch.arange(2), 2, 2)
    assert visible.shape[1] == n_visible and masked.shape[1] == 4 - n_visible


@pytest.mark.parametrize(("rows", "columns"), [(8, 24), (5, 13)])
def test_the_last_visible_patches_are_of_one_block(rows, columns):
    """Two patches lie in one rectangle of 2 by 4, but for blocks that an edge cuts to a single patch."""
    visible, _ = BlockMasking(2, 4, ratio=1 - 2 / (rows * columns))(torch.arange(2000), rows, columns)
    row, column = visible // columns, visible % columns
    within = (row.diff(dim=1).abs() < 2) & (column.diff(dim=1).abs() < 4)
    n_down, n_across = (rows + 1) / 2, (columns + 3) / 4  # mean number of blocks, over all places of the lattice
    one_patch = 2 * 0.5 * 2 * 0.25 / (n_down * n_across)  # a corner cut to one row and one column
    assert visible.shape[1] == 2 and within.double().mean() > 1 - 1.5 * one_patch - 0.01
