"""Augmentations against loops written from BYOL-A's paper and public code, one item at a time."""

import pytest
import torch
from torch import Tensor, nn

from doppelganger.augmentations import Augmentation, Chain, LogMixup, RandomFader, RandomResizeCrop
from synths import random

PICTURE = torch.randn(6, 1, 16, 24, generator=torch.Generator().manual_seed(0))
INDEX = torch.tensor([3, 100, 7, 8, 1 << 40, 55])
AUGMENTATIONS = [LogMixup(), RandomResizeCrop(), RandomFader()]


def drawn(augmentation: Augmentation, item: int, n: int, view: str = "a") -> list[float]:
    stream = f"{type(augmentation).__name__} {view}"
    return random.uniform(INDEX[item : item + 1], n, seed=augmentation.seed, stream=stream)[0].tolist()


def test_log_mixup_is_a_mixture_of_exponentials():
    augmentation = LogMixup(0.4, seed=5)
    augmented = augmentation(PICTURE, INDEX, "a")
    for item in range(6):
        u, place = drawn(augmentation, item, 2)
        other = (item + 1 + int(place * 5)) % 6
        assert other != item
        alpha = 0.4 * u
        expected = ((1 - alpha) * PICTURE[item].exp() + alpha * PICTURE[other].exp()).log()
        torch.testing.assert_close(augmented[item], expected)


def test_log_mixup_of_one_item_or_of_ratio_0_changes_nothing():
    assert torch.equal(LogMixup()(PICTURE[:1], INDEX[:1]), PICTURE[:1])
    torch.testing.assert_close(LogMixup(0.0)(PICTURE, INDEX), PICTURE)


def test_fader_adds_a_line_between_two_levels():
    augmentation = RandomFader(2.0, seed=1)
    augmented = augmentation(PICTURE, INDEX, "b")
    for item in range(6):
        head, tail = (2.0 * (2 * u - 1) for u in drawn(augmentation, item, 2, "b"))
        for frame in range(24):
            level = head + (tail - head) * frame / 23
            torch.testing.assert_close(augmented[item, 0, :, frame], PICTURE[item, 0, :, frame] + level)


def cropped(picture: Tensor, augmentation: RandomResizeCrop, item: int) -> tuple[Tensor, tuple[int, int]]:
    """The public code's forward: copy to the middle of an empty canvas, cut, interpolate."""
    _, n_bands, n_frames = picture.shape
    canvas = torch.zeros(1, n_bands, int(1.5 * n_frames))
    left = (canvas.shape[2] - n_frames) // 2
    canvas[:, :, left : left + n_frames] = picture
    u_height, u_width, u_band, u_frame = drawn(augmentation, item, 4)
    height = min(max(int((0.6 + 0.9 * u_height) * n_bands), 1), n_bands)
    width = min(max(int((0.6 + 0.9 * u_width) * n_frames), 1), canvas.shape[2])
    top, first = int(u_band * (n_bands - height + 1)), int(u_frame * (canvas.shape[2] - width + 1))
    crop = canvas[:, top : top + height, first : first + width]
    mode = augmentation.interpolation
    size = nn.functional.interpolate(crop[None], size=picture.shape[1:], mode=mode, align_corners=True)[0]
    return size, (height, width)


@pytest.mark.parametrize(("seed", "n_frames"), [(0, 24), (1, 22), (2, 9)])
def test_resize_crop_is_byol_as(seed, n_frames):
    augmentation, picture = RandomResizeCrop(interpolation="bilinear", seed=seed), PICTURE[..., :n_frames]
    augmented = augmentation(picture, INDEX, "a")
    for item in range(6):
        torch.testing.assert_close(augmented[item], cropped(picture[item], augmentation, item)[0], atol=1e-4, rtol=1e-4)


def test_bicubic_resize_crop_is_byol_as_away_from_the_edge():
    augmentation = RandomResizeCrop()
    augmented = augmentation(PICTURE, INDEX, "a")
    for item in range(6):
        expected, (height, width) = cropped(PICTURE[item], augmentation, item)
        # Two bands, or frames, of the rectangle at either edge, in bands and frames of the result.
        y, x = 16 * 2 // height + 1, 24 * 2 // width + 1
        inside = slice(None), slice(y, -y), slice(x, -x)
        torch.testing.assert_close(augmented[item][inside], expected[inside], atol=1e-4, rtol=1e-4)


def test_resize_crop_at_scale_1_on_its_own_canvas_changes_nothing():
    augmentation = RandomResizeCrop((1, 1), (1, 1), canvas=(1, 1))
    torch.testing.assert_close(augmentation(PICTURE, INDEX), PICTURE, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("augmentation", [*AUGMENTATIONS, Chain(AUGMENTATIONS)], ids=lambda a: type(a).__name__)
def test_an_augmentation_depends_on_seed_index_and_view_alone(augmentation):
    before = torch.random.get_rng_state()
    first = augmentation(PICTURE, INDEX, "a")
    assert torch.equal(first, augmentation(PICTURE, INDEX, "a"))
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.shape == PICTURE.shape and first.dtype == PICTURE.dtype
    for other in (augmentation(PICTURE, INDEX, "b"), augmentation(PICTURE, INDEX + 1, "a")):
        assert not torch.allclose(first, other)


@pytest.mark.parametrize("cls", [LogMixup, RandomResizeCrop, RandomFader])
def test_another_seed_is_another_augmentation(cls):
    assert not torch.allclose(cls(seed=0)(PICTURE, INDEX, "a"), cls(seed=1)(PICTURE, INDEX, "a"))


@pytest.mark.parametrize("augmentation", [RandomResizeCrop(), RandomFader()], ids=lambda a: type(a).__name__)
def test_an_item_is_augmented_the_same_alone(augmentation):
    together = augmentation(PICTURE, INDEX, "a")
    alone = torch.cat([augmentation(PICTURE[i : i + 1], INDEX[i : i + 1], "a") for i in range(6)])
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("augmentation", AUGMENTATIONS, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("shape", [(2, 1, 64, 1), (2, 1, 8, 47)])
@pytest.mark.parametrize("level", [-1e3, 0.0, 1e3])
def test_silence_and_short_sounds_stay_finite(augmentation, shape, level):
    picture = torch.full(shape, level)
    augmented = augmentation(picture, torch.arange(2), "a")
    assert augmented.shape == picture.shape and augmented.isfinite().all()


def test_a_chain_applies_its_augmentations_in_order():
    expected = PICTURE
    for augmentation in AUGMENTATIONS:
        expected = augmentation(expected, INDEX, "b")
    assert torch.equal(Chain(AUGMENTATIONS)(PICTURE, INDEX, "b"), expected)


def test_wrong_settings_say_what_is_wrong():
    with pytest.raises(ValueError, match=r"ratio: expected a number in \[0, 1\]; got 1.5"):
        LogMixup(1.5)
    with pytest.raises(ValueError, match="time_scale: expected 0 < smallest <= largest; got 2, 1"):
        RandomResizeCrop(time_scale=(2, 1))
    with pytest.raises(ValueError, match="canvas: expected one at least as large as the spectrogram"):
        RandomResizeCrop(canvas=(0.5, 1))
