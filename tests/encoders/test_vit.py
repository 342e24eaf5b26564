import inspect
import math

import pytest
import timm
import torch

from doppelganger import AudioEncoder
from doppelganger.encoders.positions import positions
from doppelganger.encoders.vit import AudioViT

SMALL = {"embed_dim": 32, "depth": 2, "num_heads": 2, "num_classes": 0, "in_chans": 1}
SPECTROGRAMS = torch.randn(2, 1, 64, 96, generator=torch.Generator().manual_seed(0))


def test_positions_are_sines_and_cosines_of_the_place():
    """Against the formula of Vaswani et al., one number at a time: width first, as in the code of MAE."""
    placed = positions(3, 5, 8, torch.device("cpu"))
    for row in range(3):
        for column in range(5):
            for i in range(2):
                w = 10000 ** -(i / 2)
                expected = [math.sin(column * w), math.cos(column * w), math.sin(row * w), math.cos(row * w)]
                assert placed[row * 5 + column, i::2].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("patch_size", [(16, 16), (16, 8), (64, 4)])
def test_is_timms_vision_transformer_with_these_positions(patch_size):
    ours = AudioViT(n_bands=64, patch_size=patch_size, **SMALL).eval()
    theirs = timm.models.VisionTransformer(
        img_size=(64, 96), patch_size=patch_size, global_pool="avg", fc_norm=False, final_norm=True, **SMALL
    ).eval()
    theirs.load_state_dict(ours.state_dict(), strict=False)
    rows, columns = ours.grid(SPECTROGRAMS)
    theirs.pos_embed.data.zero_()
    theirs.pos_embed.data[0, 1:] = positions(rows, columns, 32, torch.device("cpu"))
    torch.testing.assert_close(ours(SPECTROGRAMS), theirs(SPECTROGRAMS), rtol=1e-4, atol=1e-5)


def test_bands_side_by_side_keep_what_their_mean_loses():
    mean, bands = (AudioViT(pooling=pooling, **SMALL).eval() for pooling in ("mean", "bands"))
    bands.load_state_dict(mean.state_dict())
    one, many = mean(SPECTROGRAMS), bands(SPECTROGRAMS)
    assert many.shape == (2, 4 * 32) and bands.head_hidden_size == 4 * 32
    torch.testing.assert_close(many.unflatten(1, (4, 32)).mean(dim=1), one)


@pytest.mark.parametrize("pooling", ["mean", "bands"])
def test_embeds_sounds_of_any_length(pooling):
    encoder = AudioEncoder("audio_vit_tiny", 8, backbone_options={"pooling": pooling, "depth": 1}).eval()
    for seconds, n_frames in ((0.5, 2), (1, 6), (3, 18)):
        embedding, frames = encoder.embed_with_frames(torch.randn(2, int(seconds * 16000)))
        assert embedding.shape == (2, 8) and frames.shape == (2, n_frames, 8)
        torch.testing.assert_close(frames.mean(dim=1), embedding, rtol=1e-4, atol=1e-5)


def test_a_spectrogram_that_patches_do_not_fill_names_the_nearest_sizes():
    vit = AudioViT(**SMALL)
    with pytest.raises(ValueError, match=r"96 or 112 say; got 64 x 100"):
        vit(torch.zeros(1, 1, 64, 100))
    with pytest.raises(ValueError, match=r"spectrograms of 64 bands .* got 80 x 96"):
        vit(torch.zeros(1, 1, 80, 96))
    with pytest.raises(ValueError, match=r"frames, 16 say; got 64 x 7"):
        vit(torch.zeros(1, 1, 64, 7))
    with pytest.raises(ValueError, match="n_bands: expected a multiple of 16"):
        AudioViT(n_bands=60)
    with pytest.raises(ValueError, match='pooling: expected "mean" or "bands"'):
        AudioViT(pooling="band")
    with pytest.raises(ValueError, match="class_token: expected true"):
        AudioEncoder("audio_vit_tiny", backbone_options={"class_token": False})


def test_options_of_timm_change_the_output_or_are_refused():
    timms = inspect.signature(timm.models.VisionTransformer).parameters
    values = {"pos_drop_rate": 0.9, "patch_drop_rate": 0.9, "reg_tokens": 3, "pre_norm": True, "global_pool": "token"}
    values |= {"embed_norm_layer": "layernorm", "weight_init": "jax", "fix_init": True, "img_size": 32}
    for name, value in values.items():
        assert name in timms
        with pytest.raises(ValueError, match=f"an audio_vit has no option {name}: leave it out"):
            AudioEncoder("audio_vit_tiny", backbone_options={name: value})

    def output(**options):
        torch.manual_seed(0)
        vit = AudioViT(**SMALL, **options)
        torch.manual_seed(0)
        return vit(SPECTROGRAMS)

    for name in ("drop_path_rate", "proj_drop_rate", "attn_drop_rate"):
        assert not torch.equal(output(**{name: 0.9}), output())


def test_a_spectrogram_may_take_the_place_of_its_sound():
    encoder = AudioEncoder("audio_vit_tiny", None, backbone_options={"depth": 1}).eval()
    sound = torch.randn(2, 16000)
    torch.testing.assert_close(encoder(encoder.frontend(sound)[:, 0]), encoder(sound))


def test_weights_start_as_those_of_he_et_al():
    """models_mae.py, initialize_weights: Xavier uniform (variance 2 / (n_in + n_out)), biases 0, class token 0.02."""
    torch.manual_seed(0)
    encoder = AudioEncoder("audio_vit_tiny", 512, backbone_options={"patch_size": [16, 8], "depth": 2})
    vit = encoder.backbone
    sizes = {"patch_embed.proj": 16 * 8 + 192, "blocks.0.attn.qkv": 192 + 3 * 192, "blocks.1.attn.proj": 2 * 192}
    for name, n in (sizes | {"blocks.1.mlp.fc1": 192 + 768, "blocks.0.mlp.fc2": 768 + 192, "head": 192 + 512}).items():
        weight = vit.get_submodule(name).weight.detach()
        bound = (6 / n) ** 0.5
        assert 0.99 * bound < weight.abs().max() <= bound, name
        assert float(weight.var()) == pytest.approx(2 / n, rel=0.03) and abs(float(weight.mean())) < 0.02 * bound
    biases = {name: p for name, p in vit.named_parameters() if name.endswith("bias")}
    assert biases.keys() > {"patch_embed.proj.bias", "head.bias", "norm.bias", "blocks.0.attn.qkv.bias"}
    assert all(not p.any() for p in biases.values())
    assert all((p == 1).all() for name, p in vit.named_parameters() if "norm" in name and name.endswith("weight"))
    assert vit.cls_token.std().item() == pytest.approx(0.02, rel=0.2) and abs(vit.cls_token.mean().item()) < 0.005
