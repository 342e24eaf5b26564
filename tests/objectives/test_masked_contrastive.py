"""Contrastive learning from masked views."""

import pytest
import torch

from doppelganger import AudioEncoder
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.masking import FrequencyMasking, TimeFrequencyMasking
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.objectives.masked_contrastive import MaskedContrastive
from doppelganger.streams.pairs import Pairs

INDEX = torch.arange(6)
# Spectrograms of 4 x 12 patches.
A, B = torch.randn(2, 6, 64, 96, generator=torch.Generator().manual_seed(0))
THETA = torch.zeros(6, 1)
BATCH = Pairs(INDEX, THETA, THETA, THETA, A, B)


def encoder() -> AudioEncoder:
    torch.manual_seed(0)
    return AudioEncoder("audio_vit_tiny", None, backbone_options={"patch_size": [16, 8], "depth": 1})


def objective(**options) -> MaskedContrastive:
    return MaskedContrastive(encoder(), NTXent(0.1), **options)


def test_without_masks_it_is_the_contrast_of_whole_sounds():
    """Outside training; the mean of all tokens is the encoder's embedding."""
    masked, plain = objective().eval(), Contrastive(encoder(), NTXent(0.1)).eval()
    torch.testing.assert_close(masked(BATCH)["loss"], plain(BATCH)["loss"])


def test_three_quarters_of_the_patches_are_neither_encoded_nor_seen():
    made = objective().train()
    sizes = []
    made.encoder.backbone.blocks.register_forward_pre_hook(lambda _, inputs: sizes.append(inputs[0].shape[:2]))
    loss = made(BATCH)["loss"]
    assert sizes == [(12, 1 + 2 * 6)]  # a class token, 2 of 4 rows and 6 of 12 columns
    visible, _ = made.masking(torch.cat([2 * INDEX, 2 * INDEX + 1]), 4, 12)
    changed = torch.full((12, 4, 16, 12, 8), 1e3)
    whole = torch.cat([A, B]).view(12, 4, 16, 12, 8)
    for item, patches in enumerate(visible.tolist()):
        for row, column in (divmod(patch, 12) for patch in patches):
            changed[item, row, :, column] = whole[item, row, :, column]
    a, b = changed.view(12, 64, 96).chunk(2)
    torch.testing.assert_close(made(Pairs(INDEX, THETA, THETA, THETA, a, b))["loss"], loss)


def test_the_views_of_a_pair_have_masks_of_their_own_that_follow_from_the_index():
    same = Pairs(INDEX, THETA, THETA, THETA, A, A)
    made = objective().train()
    latents = made.latents(torch.cat([same.a, same.b])[:, None], INDEX)
    assert (latents[:6] - latents[6:]).abs().amax(dim=1).min() > 1e-3
    alone = made.latents(torch.cat([A[4:5], A[4:5]])[:, None], INDEX[4:5])
    torch.testing.assert_close(alone, latents[[4, 10]])


def test_any_masking_of_the_masked_autoencoders_will_do():
    made = objective(masking=FrequencyMasking(0.75), projection_dims=[16, 8]).train()
    made(BATCH)["loss"].backward()
    assert made.projection[0].in_features == 192 and made.encoder.backbone.patch_embed.proj.weight.grad.any()


def test_a_backbone_that_cannot_leave_patches_out_is_refused():
    with pytest.raises(ValueError, match=r"needs an encoder that can leave patches out: .*; got ConvolutionalEncoder"):
        MaskedContrastive(ConvolutionalEncoder(), NTXent(0.1))


@pytest.mark.parametrize(("rows", "columns", "kept"), [(4, 12, (2, 3)), (1, 24, (1, 6)), (5, 3, (2, 1))])
def test_time_frequency_masking_leaves_a_grid(rows, columns, kept):
    visible, masked = TimeFrequencyMasking(time_ratio=0.75, frequency_ratio=0.5)(torch.arange(100), rows, columns)
    assert all(
        sorted(v + m) == list(range(rows * columns)) for v, m in zip(visible.tolist(), masked.tolist(), strict=True)
    )
    for patches in visible.tolist():
        found_rows, found_columns = {p // columns for p in patches}, {p % columns for p in patches}
        assert (len(found_rows), len(found_columns)) == kept and len(patches) == kept[0] * kept[1]
    counts = torch.bincount(visible.flatten(), minlength=rows * columns) / 100
    share = kept[0] * kept[1] / (rows * columns)
    assert (counts - share).abs().max() < 4 * (share * (1 - share) / 100) ** 0.5 + 1e-9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time_ratio": 1.0}, "time_ratio: expected at least 0 and below 1, such as 0.5; got 1"),
        ({"frequency_ratio": -0.5}, "frequency_ratio: expected at least 0"),
        ({"time_ratio": 0.0, "frequency_ratio": 0.0}, "time_ratio, frequency_ratio: expected one of them above 0"),
    ],
)
def test_ratios_that_mask_everything_or_nothing_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        TimeFrequencyMasking(**options)
    with pytest.raises(ValueError, match=r"mask nothing of 1 x 24 patches: take larger ratios or smaller patches"):
        TimeFrequencyMasking(time_ratio=0.0)(INDEX, 1, 24)
