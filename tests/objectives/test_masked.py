"""Masked autoencoder and masked modeling duo, against the papers' sentences."""

import copy

import pytest
import torch

from doppelganger import AudioEncoder
from doppelganger.encoders.masking import RandomMasking
from doppelganger.objectives.masked_autoencoder import MaskedAutoencoder
from doppelganger.objectives.masked_modeling_duo import MaskedModelingDuo

INDEX = torch.arange(3)
PICTURES = torch.randn(3, 64, 96, generator=torch.Generator().manual_seed(0))
DECODER = {"decoder_dim": 32, "decoder_depth": 1, "decoder_heads": 2}


def encoder(patch_size=(16, 8)) -> AudioEncoder:
    torch.manual_seed(0)
    return AudioEncoder("audio_vit_tiny", None, backbone_options={"patch_size": patch_size, "depth": 2})


def autoencoder(**options) -> MaskedAutoencoder:
    return MaskedAutoencoder(encoder(), **DECODER, **options).eval()


def patch(picture, number, height=16, width=8):
    """One patch, cut out by hand."""
    row, column = divmod(number, picture.shape[1] // width)
    return picture[row * height : (row + 1) * height, column * width : (column + 1) * width]


@pytest.mark.parametrize("patch_size", [(16, 16), (16, 8), (64, 4)])
def test_patches_are_cut_band_by_band_and_put_back(patch_size):
    mae = MaskedAutoencoder(encoder(patch_size), **DECODER)
    patches = mae.patchify(PICTURES[:, None])
    for number in (0, 1, patches.shape[1] - 1):
        assert torch.equal(patches[1, number], patch(PICTURES[1], number, *patch_size).flatten())
    assert torch.equal(mae.unpatchify(patches, mae.vit.grid(PICTURES[:, None]))[:, 0], PICTURES)


def test_what_is_hidden_never_reaches_the_encoder():
    mae, (visible, hidden) = autoencoder(), RandomMasking()(INDEX, 4, 12)
    changed = PICTURES.clone()
    for row, numbers in enumerate(hidden.tolist()):
        for number in numbers:
            patch(changed[row], number).fill_(1e3)
    latent = mae.encode(PICTURES[:, None], visible)
    assert latent.shape == (3, 1 + 12, 192)
    assert torch.equal(mae.encode(changed[:, None], visible), latent)
    patch(changed[0], int(visible[0, 0])).fill_(1e3)
    assert not torch.equal(mae.encode(changed[:, None], visible)[0], latent[0])


@pytest.mark.parametrize("norm_pix", [False, True])
def test_the_loss_is_the_squared_error_of_hidden_patches(norm_pix):
    mae, (_, hidden) = autoencoder(norm_pix=norm_pix), RandomMasking()(INDEX, 4, 12)
    painted = torch.randn(3, 36, 128)
    errors = []
    for row, numbers in enumerate(hidden.tolist()):
        for place, number in enumerate(numbers):
            true = patch(PICTURES[row], number).flatten().double()
            if norm_pix:
                true = (true - true.mean()) / (true.var() + 1e-6).sqrt()
            errors.append((painted[row, place].double() - true).square().mean())
    expected = torch.stack(errors).mean()
    assert mae.loss(PICTURES[:, None], painted, hidden).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_decoder_knows_where_it_paints():
    mae, (visible, hidden) = autoencoder(), RandomMasking()(INDEX, 4, 12)
    picture = PICTURES[:, None]
    latent = mae.encode(picture, visible)
    painted = mae.decode(latent, visible, hidden, picture)
    order = torch.randperm(12)
    shuffled = torch.cat([latent[:, :1], latent[:, 1:][:, order]], dim=1)
    # The order of the visible patches means nothing, their places everything.
    again = mae.decode(shuffled, visible[:, order], hidden, picture)
    torch.testing.assert_close(again, painted, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(painted[:, 0], painted[:, 1])


def test_pictures_are_filled_in_where_they_were_hidden_and_nowhere_else():
    mae = autoencoder()
    picture, masked, filled = mae.reconstruct(PICTURES, INDEX)
    hidden = masked.isnan()
    assert hidden.double().mean() == 0.75
    assert torch.equal(masked[~hidden], PICTURES[~hidden]) and torch.equal(filled[~hidden], PICTURES[~hidden])
    assert filled.isfinite().all() and not torch.equal(filled[hidden], picture[hidden])


def test_eight_pictures_are_learned_by_heart():
    torch.manual_seed(0)
    bands = torch.randn(8, 64, 1).expand(-1, -1, 96)
    mae = MaskedAutoencoder(encoder(), decoder_dim=64, decoder_depth=1, decoder_heads=4, norm_pix=False)
    optimizer = torch.optim.AdamW(mae.parameters(), lr=2e-3, betas=(0.9, 0.95))
    losses = []
    for step in range(120):
        loss = mae(bands, torch.arange(8) + 8 * (step % 2))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_longer_sounds_than_those_of_training():
    mae = autoencoder()
    for n_frames in (16, 96, 200):
        assert mae(torch.randn(2, 64, n_frames), INDEX[:2])["loss"].isfinite()


def test_another_backbone_is_refused():
    with pytest.raises(ValueError, match=r"backbone audio_vit_tiny.*got test_resnet"):
        MaskedAutoencoder(AudioEncoder("test_resnet"))


def test_the_duo_foretells_what_its_copy_hears_of_hidden_patches():
    """Against Niizumi et al., equations 1 to 3, patch by patch."""
    duo = MaskedModelingDuo(encoder(), **DECODER).eval()
    duo.target.load_state_dict(encoder().backbone.state_dict())
    visible, hidden = duo.masking(INDEX, 4, 12)
    tokens = duo.vit.embed(PICTURES[:, None])
    seen = torch.stack([tokens[i, visible[i]] for i in range(3)])
    unseen = torch.stack([tokens[i, hidden[i]] for i in range(3)])
    heard = duo.target.transform(unseen)[:, 1:].double()
    flat = heard.flatten(0, 1)
    heard = (heard - flat.mean(dim=0)) / (flat.var(dim=0) + 1e-6).sqrt()
    foretold = duo.predictor(duo.vit.transform(seen), visible, hidden, (4, 12)).double()
    distances = [
        (foretold[i, j] / foretold[i, j].norm() - heard[i, j] / heard[i, j].norm()).square().sum()
        for i in range(3)
        for j in range(36)
    ]
    assert duo(PICTURES, INDEX)["loss"].item() == pytest.approx(torch.stack(distances).mean().item(), rel=1e-4)


def test_the_copy_follows_slowly_and_is_not_learned():
    duo = MaskedModelingDuo(encoder(), **DECODER, decay=0.9)
    before = copy.deepcopy(duo.target.state_dict())
    duo(PICTURES, INDEX)["loss"].backward()
    assert all(p.grad is None for p in duo.target.parameters())
    with torch.no_grad():
        for p in duo.vit.parameters():
            p.add_(1.0)
    duo.after_step()
    for name, value in duo.target.state_dict().items():
        torch.testing.assert_close(value, before[name] + 0.1, msg=name)


def test_a_copy_that_never_follows_is_refused():
    with pytest.raises(ValueError, match="decay must be at least 0 and below 1; got 1"):
        MaskedModelingDuo(encoder(), decay=1.0)
