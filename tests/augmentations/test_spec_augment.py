import pytest
import torch

from doppelganger.augmentations.spec_augment import SpecAugment


def extent(masked):
    """Start and width of the range of positions that are all masked."""
    where = masked.nonzero().flatten().tolist()
    assert where == list(range(where[0], where[0] + len(where))) if where else True
    return (where[0], len(where)) if where else (None, 0)


def test_one_range_of_bands_and_one_of_frames_become_the_mean():
    torch.manual_seed(0)
    spectrogram = torch.randn(50, 1, 64, 96)
    out = SpecAugment(n_bands=12, n_frames=20)(spectrogram, torch.arange(50))
    for before, after in zip(spectrogram[:, 0], out[:, 0], strict=True):
        masked = after != before
        bands, n_bands = extent(masked.all(dim=1))
        frames, n_frames = extent(masked.all(dim=0))
        expected = before.clone()  # the slow way, one mask after the other
        if n_bands:
            expected[bands : bands + n_bands] = before.mean()
        if n_frames:
            expected[:, frames : frames + n_frames] = before.mean()
        torch.testing.assert_close(after, expected)


def test_widths_and_starts_are_uniform_and_differ_between_clips():
    torch.manual_seed(0)
    spectrogram = torch.randn(20_000, 1, 8, 10)
    masked = SpecAugment(n_bands=4, n_frames=0)(spectrogram, torch.arange(20_000))[:, 0] != spectrogram[:, 0]
    bands = masked.all(dim=2)
    width = bands.sum(dim=1)
    # Four widths, 0 to 3, of equal probability; the standard deviation of a share is 0.003.
    torch.testing.assert_close(
        width.bincount(minlength=8) / 20_000, torch.tensor([0.25] * 4 + [0.0] * 4), atol=0.015, rtol=0
    )
    start = bands[width == 1].float().argmax(dim=1)
    share = start.bincount(minlength=8) / len(start)
    assert (share[:6] > 0.1).all() and share.max() < 0.18


def test_the_same_masks_as_torchaudio(monkeypatch):
    monkeypatch.setattr(SpecAugment, "uniform", lambda self, index, n, view: torch.rand(n, len(index)).T)
    transforms = pytest.importorskip("torchaudio").transforms
    spectrogram = torch.randn(16, 1, 64, 96)
    mean = spectrogram.mean(dim=(2, 3), keepdim=True)
    torch.manual_seed(3)
    bands = transforms.FrequencyMasking(12, iid_masks=True)(spectrogram - mean)
    expected = transforms.TimeMasking(20, iid_masks=True)(bands) + mean
    torch.manual_seed(3)
    torch.testing.assert_close(SpecAugment(12, 20)(spectrogram, torch.arange(16)), expected)


def test_masks_wider_than_the_spectrogram():
    torch.manual_seed(0)
    out = SpecAugment(n_bands=100, n_frames=100)(torch.randn(200, 1, 4, 5), torch.arange(200))
    assert out.shape == (200, 1, 4, 5) and out.isfinite().all()


def test_masks_of_numbered_items_depend_on_seed_index_and_view_alone():
    spectrogram, index = torch.randn(50, 1, 64, 96), torch.arange(50)
    augmentation = SpecAugment(12, 20, seed=1)
    first = augmentation(spectrogram, index, "a")
    alone = torch.cat([augmentation(spectrogram[i : i + 1], index[i : i + 1], "a") for i in range(50)])
    assert torch.equal(first, alone)
    for other in (
        augmentation(spectrogram, index, "b"),
        augmentation(spectrogram, index + 1, "a"),
        SpecAugment(12, 20, seed=2)(spectrogram, index, "a"),
    ):
        assert not torch.equal(first, other)
    widths = (first != spectrogram)[:, 0].all(dim=2).sum(dim=1)
    assert widths.max() < 12 and 4 < widths.float().mean() < 7
