"""Masked autoencoder and masked modeling duo, against the papers' sentences."""

import pytest
import torch

from doppelganger import AudioEncoder, load_encoder
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.masking import RandomMasking
from doppelganger.encoders.positions import positions
from doppelganger.objectives.masked_autoencoder import MaskedAutoencoder
from doppelganger.objectives.masked_modeling_duo import MaskedModelingDuo
from doppelganger.objectives.patch_decoder import PatchDecoder
from doppelganger.streams.sounds import Sounds
from tests.checkpoint_files import save

INDEX = torch.arange(3)
SPECTROGRAMS = torch.randn(3, 64, 96, generator=torch.Generator().manual_seed(0))
BATCH = Sounds(INDEX, torch.zeros(3, 1), SPECTROGRAMS)
DECODER = {"decoder_dim": 32, "decoder_depth": 1, "decoder_heads": 2}


def encoder(patch_size=(16, 8)) -> AudioEncoder:
    torch.manual_seed(0)
    return AudioEncoder("audio_vit_tiny", None, backbone_options={"patch_size": patch_size, "depth": 2})


def autoencoder(**options) -> MaskedAutoencoder:
    return MaskedAutoencoder(encoder(), **DECODER, **options).eval()


def patch(spectrogram, number, height=16, width=8):
    """One patch, cut out by hand."""
    row, column = divmod(number, spectrogram.shape[1] // width)
    return spectrogram[row * height : (row + 1) * height, column * width : (column + 1) * width]


@pytest.mark.parametrize("patch_size", [(16, 16), (16, 8), (64, 4)])
def test_patches_are_cut_band_by_band_and_put_back(patch_size):
    mae = MaskedAutoencoder(encoder(patch_size), **DECODER)
    patches = mae.patchify(SPECTROGRAMS[:, None])
    for number in (0, 1, patches.shape[1] - 1):
        assert torch.equal(patches[1, number], patch(SPECTROGRAMS[1], number, *patch_size).flatten())
    assert torch.equal(mae.unpatchify(patches, mae.vit.grid(SPECTROGRAMS[:, None]))[:, 0], SPECTROGRAMS)


def test_masked_patches_never_reach_the_encoder():
    mae, (visible, masked) = autoencoder(), RandomMasking()(INDEX, 4, 12)
    changed = SPECTROGRAMS.clone()
    for row, numbers in enumerate(masked.tolist()):
        for number in numbers:
            patch(changed[row], number).fill_(1e3)
    latent = mae.encode(SPECTROGRAMS[:, None], visible)
    assert latent.shape == (3, 1 + 12, 192)
    assert torch.equal(mae.encode(changed[:, None], visible), latent)
    patch(changed[0], int(visible[0, 0])).fill_(1e3)
    assert not torch.equal(mae.encode(changed[:, None], visible)[0], latent[0])


@pytest.mark.parametrize("norm_pix", [False, True])
def test_the_loss_is_the_squared_error_of_masked_patches(norm_pix):
    mae, (_, masked) = autoencoder(norm_pix=norm_pix), RandomMasking()(INDEX, 4, 12)
    predicted = torch.randn(3, 36, 128)
    errors = []
    for row, numbers in enumerate(masked.tolist()):
        for place, number in enumerate(numbers):
            true = patch(SPECTROGRAMS[row], number).flatten().double()
            if norm_pix:
                true = (true - true.mean()) / (true.var() + 1e-6).sqrt()
            errors.append((predicted[row, place].double() - true).square().mean())
    expected = torch.stack(errors).mean()
    assert mae.loss(SPECTROGRAMS[:, None], predicted, masked).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_decoder_gets_the_places_of_patches():
    mae, (visible, masked) = autoencoder(), RandomMasking()(INDEX, 4, 12)
    spectrogram = SPECTROGRAMS[:, None]
    latent = mae.encode(spectrogram, visible)
    predicted = mae.decode(latent, visible, masked, spectrogram)
    order = torch.randperm(12)
    shuffled = torch.cat([latent[:, :1], latent[:, 1:][:, order]], dim=1)
    # The order of the visible patches means nothing, their places everything.
    again = mae.decode(shuffled, visible[:, order], masked, spectrogram)
    torch.testing.assert_close(again, predicted, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(predicted[:, 0], predicted[:, 1])


def test_a_prediction_is_read_at_the_place_of_its_patch():
    """Without layers, a masked patch is the mask token at its position."""
    visible, masked = RandomMasking()(INDEX, 4, 12)
    decoder = PatchDecoder(8, 16, dim=16, depth=0, n_heads=2)
    decoder.norm = decoder.head = torch.nn.Identity()
    predicted = decoder(torch.randn(3, 13, 8), visible, masked, (4, 12))
    expected = decoder.mask_token + positions(4, 12, 16, masked.device)[masked].float()
    torch.testing.assert_close(predicted, expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_reconstruction_predicts_masked_patches_and_leaves_the_others(dtype):
    mae, given = autoencoder().to(dtype), SPECTROGRAMS.to(dtype)
    spectrogram, seen, predicted = mae.reconstruct(given, INDEX)
    masked = seen.isnan()
    assert masked.double().mean() == 0.75
    assert torch.equal(spectrogram, given)
    assert torch.equal(seen[~masked], given[~masked].float()) and torch.equal(predicted[~masked], seen[~masked])
    assert predicted.isfinite().all() and not torch.equal(predicted[masked], spectrogram[masked])


def test_bands_are_predicted_under_two_masks():
    torch.manual_seed(0)
    bands = torch.randn(8, 64, 1).expand(-1, -1, 48)
    mae = MaskedAutoencoder(encoder(), decoder_dim=64, decoder_depth=1, decoder_heads=4, norm_pix=False)
    optimizer = torch.optim.AdamW(mae.parameters(), lr=2e-3, betas=(0.9, 0.95))
    losses = []
    for step in range(110):
        loss = mae(Sounds(torch.arange(8) + 8 * (step % 2), torch.zeros(8, 1), bands))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_longer_sounds_than_those_of_training():
    mae = autoencoder()
    for n_frames in (16, 96, 200):
        assert mae(Sounds(INDEX[:2], torch.zeros(2, 1), torch.randn(2, 64, n_frames)))["loss"].isfinite()


def test_another_backbone_is_refused():
    with pytest.raises(ValueError, match=r"backbone audio_vit_tiny.*got test_resnet"):
        MaskedAutoencoder(AudioEncoder("test_resnet"))
    with pytest.raises(ValueError, match=r"backbone audio_vit_tiny.*got ConvolutionalEncoder"):
        MaskedAutoencoder(ConvolutionalEncoder())


def test_the_decoder_starts_as_he_et_al_do():
    """models_mae.py, initialize_weights: Xavier uniform (variance 2 / (n_in + n_out)), biases 0, mask token 0.02."""
    torch.manual_seed(0)
    decoder = PatchDecoder(192, 128, dim=256, depth=2, n_heads=4)
    sizes = {"embed": 192 + 256, "blocks.1.attn.qkv": 256 + 768, "blocks.0.mlp.fc1": 256 + 1024, "head": 256 + 128}
    for name, n in sizes.items():
        weight = decoder.get_submodule(name).weight.detach()
        bound = (6 / n) ** 0.5
        assert 0.99 * bound < weight.abs().max() <= bound
        assert float(weight.var()) == pytest.approx(2 / n, rel=0.03)
    biases = {name: p for name, p in decoder.named_parameters() if name.endswith("bias")}
    assert biases.keys() > {"embed.bias", "head.bias", "norm.bias", "blocks.0.attn.qkv.bias"}
    assert all(not p.any() for p in biases.values())
    assert all((p == 1).all() for name, p in decoder.named_parameters() if "norm" in name and name.endswith("weight"))
    assert decoder.mask_token.std().item() == pytest.approx(0.02, rel=0.2)
    assert decoder.mask_token.mean().item() == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize("kind", [MaskedAutoencoder, MaskedModelingDuo])
def test_a_loaded_encoder_keeps_its_weights(kind, tmp_path):
    trained = encoder()
    with torch.no_grad():
        for p in trained.parameters():
            p.normal_()
    save(tmp_path / "a.ckpt", trained)
    objective = kind(load_encoder(tmp_path / "a.ckpt"), **DECODER)
    objective.build(None)
    for name, weight in trained.state_dict().items():
        assert torch.equal(objective.encoder.state_dict()[name], weight), name
    if isinstance(objective, MaskedModelingDuo):
        assert torch.equal(objective.target.blocks[1].mlp.fc1.weight, trained.backbone.blocks[1].mlp.fc1.weight)
