"""All augmentations of waveforms: what they have in common."""

import pytest
import torch

from doppelganger.augmentations import (
    Chain,
    ColouredNoise,
    Gain,
    HighPass,
    ImpulseResponse,
    LowPass,
    PitchShift,
    RandomFader,
    TimeShift,
    WaveformMixup,
)

PER_ITEM = [HighPass, LowPass, PitchShift, TimeShift, ImpulseResponse, Gain, ColouredNoise]
WAVEFORM = torch.randn(6, 8000, generator=torch.Generator().manual_seed(0))
INDEX = torch.tensor([3, 100, 7, 8, 1 << 40, 55])
CHAIN = Chain([cls(seed=number) for number, cls in enumerate(PER_ITEM)])


@pytest.mark.parametrize("augmentation", [*(cls(p=1.0) for cls in [*PER_ITEM, WaveformMixup]), CHAIN], ids=repr)
def test_an_augmentation_depends_on_seed_index_and_view_alone(augmentation):
    before, given = torch.random.get_rng_state(), WAVEFORM.clone()
    first = augmentation(WAVEFORM, INDEX, "a")
    assert torch.equal(first, augmentation(WAVEFORM, INDEX, "a"))
    assert torch.equal(before, torch.random.get_rng_state()) and torch.equal(given, WAVEFORM)
    assert first.shape == WAVEFORM.shape and first.dtype == WAVEFORM.dtype
    for other in (augmentation(WAVEFORM, INDEX, "b"), augmentation(WAVEFORM, INDEX + 1, "a")):
        assert not torch.allclose(first, other)


@pytest.mark.parametrize("cls", [*PER_ITEM, WaveformMixup])
def test_in_double_precision_an_augmentation_is_the_same(cls):
    first, double = (cls(p=1.0)(waveform, INDEX, "a") for waveform in (WAVEFORM, WAVEFORM.double()))
    assert double.dtype == torch.float64
    torch.testing.assert_close(double.float(), first, rtol=0, atol=1e-3)


@pytest.mark.parametrize("cls", [*PER_ITEM, WaveformMixup])
def test_another_seed_is_another_augmentation(cls):
    first, other = (cls(p=1.0, seed=seed)(WAVEFORM, INDEX, "a") for seed in (0, 1))
    assert not torch.allclose(first, other)


@pytest.mark.parametrize("augmentation", [*(cls() for cls in PER_ITEM), CHAIN], ids=repr)
def test_an_item_is_augmented_the_same_alone(augmentation):
    together = augmentation(WAVEFORM, INDEX, "a")
    alone = torch.cat([augmentation(WAVEFORM[i : i + 1], INDEX[i : i + 1], "a") for i in range(6)])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("cls", [*PER_ITEM, WaveformMixup])
@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_p_is_the_share_of_items_that_change_and_the_others_stay_as_they_are(cls, p):
    waveform, index = torch.randn(1000, 64), torch.arange(1000)
    changed = (cls(p=p)(waveform, index, "a") != waveform).any(dim=1)
    # A standard deviation is 0.016; a shift by less than half a sample, one in 32, changes nothing.
    assert changed.float().mean().item() == pytest.approx(p, abs=0.06)


@pytest.mark.parametrize("cls", PER_ITEM)
def test_views_and_augmentations_choose_items_independently(cls):
    waveform, index = torch.randn(1000, 64), torch.arange(1000)
    a, b = ((cls()(waveform, index, view) != waveform).any(dim=1) for view in "ab")
    other = (WaveformMixup()(waveform, index, "a") != waveform).any(dim=1)
    assert (a & b).float().mean().item() == pytest.approx(0.25, abs=0.06)
    assert (a & other).float().mean().item() == pytest.approx(0.25, abs=0.06)


@pytest.mark.parametrize("cls", [*PER_ITEM, WaveformMixup])
def test_no_augmentation_makes_a_device_wait(cls):
    """A meta tensor has no values: it fails wherever Python needs one."""
    augmented = cls()(WAVEFORM.to("meta"), INDEX.to("meta"), "a")
    assert augmented.shape == WAVEFORM.shape and augmented.device.type == "meta"


@pytest.mark.parametrize("cls", [*PER_ITEM, WaveformMixup])
@pytest.mark.parametrize("n", [300, 1001, 40_000])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_silence_short_and_long_sounds_stay_finite(cls, n, level):
    augmented = cls(p=1.0)(torch.full((2, n), level), torch.arange(2), "a")
    assert augmented.shape == (2, n) and augmented.isfinite().all()
    if level == 0:
        assert not augmented.any()


@pytest.mark.parametrize("cls", [*PER_ITEM, WaveformMixup])
def test_an_empty_batch_stays_empty(cls):
    assert cls()(torch.empty(0, 100), torch.empty(0, dtype=torch.int64), "a").shape == (0, 100)


def test_wrong_settings_say_what_is_wrong():
    with pytest.raises(ValueError, match=r"p: expected a probability in \[0, 1\]; got 1.5"):
        Gain(p=1.5)
    with pytest.raises(ValueError, match=r"p: expected a probability in \[0, 1\]; got -1"):
        WaveformMixup(p=-1)
    with pytest.raises(ValueError, match=r"semitones: expected smallest <= largest; got 2, -2"):
        PitchShift((2, -2))
    with pytest.raises(ValueError, match=r"n_fft: expected a positive multiple of 4, such as 512; got 510"):
        PitchShift(n_fft=510)  # whose frames, 127 samples apart, would be put together 127.5 apart
    with pytest.raises(ValueError, match=r"cutoff_hz: expected above 0 Hz and at most 4000 Hz; got 1200.0, 8000.0"):
        LowPass(sample_rate=8000)
    with pytest.raises(ValueError, match=r"decay_s: expected times above 0; got 0"):
        ImpulseResponse(decay_s=(0, 1))


def test_a_chain_is_of_waveforms_or_of_spectrograms():
    assert Chain([Gain()]).domain == "waveform" and Chain([RandomFader()]).domain == "spectrogram"
    with pytest.raises(ValueError, match=r"got Gain \(waveform\), RandomFader \(spectrogram\)"):
        Chain([Gain(), RandomFader()])
    with pytest.raises(ValueError, match="got none"):
        Chain([])


def test_two_of_a_kind_in_a_chain_have_two_seeds():
    """Else both would change the same items by the same numbers."""
    gains = [Gain((1.0, 6.0), seed=0), Gain((1.0, 6.0), seed=1)]
    first, second = ((gain(WAVEFORM, INDEX, "a") / WAVEFORM)[:, 0] for gain in gains)
    torch.testing.assert_close((Chain(gains)(WAVEFORM, INDEX, "a") / WAVEFORM)[:, 0], first * second)
    with pytest.raises(ValueError, match="seed: expected another for each Gain of a chain; got 0 for 2 of them"):
        Chain([Gain((1.0, 6.0)), Chain([HighPass(), Gain((-6.0, -1.0))])])
