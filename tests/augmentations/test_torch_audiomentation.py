"""Transforms of torch-audiomentations, where it is installed, and one with the same signature."""

import random

import pytest
import torch
from torch import Tensor, nn

from doppelganger.augmentations import TorchAudiomentation

WAVEFORM = torch.randn(4, 4000, generator=torch.Generator().manual_seed(0))
INDEX = torch.tensor([3, 100, 7, 1 << 40])


class Scaled(nn.Module):
    """Scales each sound by numbers of torch's and of Python's global generator, like a transform of the library."""

    def forward(self, samples: Tensor, sample_rate: int) -> Tensor:
        assert samples.ndim == 3 and sample_rate == 16000
        return samples * torch.rand(len(samples), 1, 1) * random.random()


def transforms() -> list[nn.Module]:
    try:
        import torch_audiomentations as library  # pyright: ignore[reportMissingImports]
    except ImportError:
        return [Scaled()]
    low_pass = library.LowPassFilter(1200.0, 3000.0, p=1.0)
    noise = library.AddColoredNoise(p=1.0)
    return [Scaled(), low_pass, library.Compose([low_pass, noise, library.Gain(p=0.5)], output_type="tensor")]


@pytest.mark.parametrize("transform", transforms(), ids=lambda transform: type(transform).__name__)
def test_a_transform_is_a_function_of_seed_index_and_view(transform):
    augmentation = TorchAudiomentation(transform, seed=1)
    before = torch.random.get_rng_state(), random.getstate()
    together = augmentation(WAVEFORM, INDEX, "a")
    assert torch.equal(before[0], torch.random.get_rng_state()) and before[1] == random.getstate()
    alone = torch.cat([augmentation(WAVEFORM[i : i + 1], INDEX[i : i + 1], "a") for i in range(4)])
    assert torch.equal(together, alone) and together.shape == WAVEFORM.shape
    for other in (
        augmentation(WAVEFORM, INDEX, "b"),
        augmentation(WAVEFORM, INDEX + 1, "a"),
        TorchAudiomentation(transform, seed=2)(WAVEFORM, INDEX, "a"),
    ):
        assert not torch.allclose(together, other)


def test_its_low_pass_is_ours_in_the_middle_of_a_sound():
    library = pytest.importorskip("torch_audiomentations")
    from doppelganger.augmentations import LowPass

    theirs = TorchAudiomentation(library.LowPassFilter(1500.0, 1500.0, p=1.0, output_type="tensor"))
    ours = LowPass((1500.0, 1500.0), p=1.0)
    middle = slice(100, -100)  # they differ in what lies beyond the ends
    torch.testing.assert_close(
        theirs(WAVEFORM, INDEX, "a")[:, middle], ours(WAVEFORM, INDEX, "a")[:, middle], atol=1e-4, rtol=0
    )
