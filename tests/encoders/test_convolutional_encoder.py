"""ConvolutionalEncoder against BYOL-A's AudioNTT2020, written again from the paper."""

import numpy as np
import pytest
import torch
from torch import Tensor

from doppelganger import LogMel, load_encoder
from doppelganger.encoders import ConvolutionalEncoder
from tests.checkpoint_files import save

WAVEFORM = torch.randn(3, 16000, generator=torch.Generator().manual_seed(0))
PICTURE = torch.randn(3, 64, 48, generator=torch.Generator().manual_seed(1))


def encoder(**arguments) -> ConvolutionalEncoder:
    made = ConvolutionalEncoder(**arguments).untrained(seed=0)
    # As after some training: batch norm has statistics of its own.
    generator = torch.Generator().manual_seed(2)
    for norm in (made.features[1], made.features[5], made.features[9]):
        for value, low, high in ((norm.running_mean, -0.1, 0.1), (norm.running_var, 0.1, 0.5), (norm.weight, 0.5, 1.5)):
            value.data.uniform_(low, high, generator=generator)
    return made.eval()


def audio_ntt_2020(picture: Tensor, weights: dict[str, Tensor]) -> list[Tensor]:
    """Frames of the three blocks and of the network, with loops over windows: no torch.nn."""
    x, found = picture[:, None], []
    for conv, norm in ((0, 1), (4, 5), (8, 9)):
        kernel, bias = weights[f"features.{conv}.weight"], weights[f"features.{conv}.bias"]
        padded = torch.zeros(*x.shape[:2], x.shape[2] + 2, x.shape[3] + 2)
        padded[:, :, 1:-1, 1:-1] = x
        y = bias[None, :, None, None].expand(len(x), -1, *x.shape[2:]).clone()
        for i in range(3):
            for j in range(3):
                part = padded[:, :, i : i + x.shape[2], j : j + x.shape[3]]
                y += torch.einsum("bchw,oc->bohw", part, kernel[:, :, i, j])
        mean, variance, gamma, beta = (
            weights[f"features.{norm}.{name}"][None, :, None, None]
            for name in ("running_mean", "running_var", "weight", "bias")
        )
        y = (gamma * (y - mean) / (variance + 1e-5).sqrt() + beta).clamp_min(0)
        corners = [y[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]
        x = torch.stack(corners).amax(dim=0)
        batch, channels, bands, frames = x.shape
        found.append(x.permute(0, 3, 2, 1).reshape(batch, frames, bands * channels))
    if "fc.0.weight" in weights:
        hidden = (found[-1] @ weights["fc.0.weight"].T + weights["fc.0.bias"]).clamp_min(0)
        found.append((hidden @ weights["fc.3.weight"].T + weights["fc.3.bias"]).clamp_min(0))
    return found


@pytest.mark.parametrize("blocks", [[3], []])
def test_the_network_is_byol_as(blocks):
    made = encoder(blocks=blocks)
    *_, flat, network = audio_ntt_2020(PICTURE, made.state_dict())
    frames = torch.cat([flat, network], dim=2) if blocks else network
    expected = frames.amax(dim=1) + frames.mean(dim=1)
    assert (frames > 0).float().mean() > 0.2
    with torch.no_grad():
        torch.testing.assert_close(made(PICTURE), expected, atol=1e-4, rtol=1e-4)
        embedding, listened = made.embed_with_frames(PICTURE)
    torch.testing.assert_close(listened, frames, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(embedding, expected, atol=1e-4, rtol=1e-4)
    assert made.embedding_dim == expected.shape[1] == (1024 if blocks else 512)


def test_attention_is_a_mean_over_time_with_weights_of_its_own():
    made = encoder(blocks=[2, 3], dim=16, pooling=["attention", "max"])
    _, second, third, network = audio_ntt_2020(PICTURE, made.state_dict())
    plain = [each.mean(dim=1) for each in (second, third, network)]
    with torch.no_grad():  # at first all frames weigh the same
        torch.testing.assert_close(made(PICTURE)[:, : 1024 + 512 + 16], torch.cat(plain, dim=1), atol=1e-4, rtol=1e-4)
    expected = []
    for i, frames in enumerate((second, third, network)):
        weights = made.state_dict()[f"pooling.attention.{i}.score.weight"]
        weights.normal_(generator=torch.Generator().manual_seed(i))
        scores = np.exp(frames.numpy() @ weights.numpy()[0])
        expected.append((frames.numpy() * (scores / scores.sum(1, keepdims=True))[:, :, None]).sum(1))
    with torch.no_grad():
        np.testing.assert_allclose(made(PICTURE)[:, : 1024 + 512 + 16], np.concatenate(expected, 1), atol=1e-3)
    assert made.embed_layers(WAVEFORM).shape == (3, 4, 2 * 2048)
    made(PICTURE).sum().backward()
    assert all(attention.score.weight.grad.any() for attention in made.pooling.attention)


def test_statistics_of_several_blocks_are_the_embedding():
    made = encoder(dim=None, blocks=[2, 3], pooling=["max", "mean", "max+mean", "deviation"])
    _, second, third = audio_ntt_2020(PICTURE, made.state_dict())
    n = {"max": np.max, "mean": np.mean, "max+mean": lambda x, axis: x.max(axis) + x.mean(axis), "deviation": np.std}
    expected = [statistic(each.numpy(), axis=1) for statistic in n.values() for each in (second, third)]
    with torch.no_grad():
        embedding, frames = made.embed_with_frames(PICTURE)
        np.testing.assert_allclose(embedding, np.concatenate(expected, axis=1), atol=1e-3)
        torch.testing.assert_close(made(PICTURE), embedding)
    assert made.embedding_dim == embedding.shape[1] == 4 * (1024 + 512)
    assert made.frame_dim == frames.shape[2] == 1024 + 512
    pairs = second.unflatten(1, (6, 2)).mean(dim=2)  # of block 2, two frames in the time of one of block 3
    torch.testing.assert_close(frames, torch.cat([pairs, third], dim=2), atol=1e-4, rtol=1e-4)
    assert not any(name.startswith("fc") for name in made.state_dict())


@pytest.mark.parametrize("n_frames", [33, 47, 73, 498])
def test_a_frame_holds_what_each_block_heard_in_its_time(n_frames):
    made = encoder(blocks=[1, 2, 3], dim=16, channels=8)
    with torch.no_grad():
        parts = made.frames(torch.randn(2, 1, 64, n_frames, generator=torch.Generator().manual_seed(0)))
        _, found = made.embed_with_frames(torch.randn(2, 64, n_frames, generator=torch.Generator().manual_seed(0)))
    n = -(-n_frames // 8)
    expected = [
        torch.stack([part[:, i * k : (i + 1) * k].mean(dim=1) for i in range(n)], dim=1)
        for part, k in zip(parts, (4, 2, 1, 1), strict=True)
    ]
    torch.testing.assert_close(found, torch.cat(expected, dim=2))


def test_a_deviation_of_nothing_has_a_gradient():
    made = ConvolutionalEncoder(dim=None, pooling=["deviation"]).eval()
    made(torch.zeros(1, 64, 48)).sum().backward()
    assert all(p.grad.isfinite().all() for p in made.parameters())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"blocks": [0, 3]}, r"blocks: expected some of 1, 2 and 3, in rising order, or a dim; got \[0, 3\]"),
        ({"blocks": [3, 2]}, r"blocks: expected some of 1, 2 and 3, in rising order, or a dim; got \[3, 2\]"),
        ({"blocks": [], "dim": None}, r"blocks: expected some of 1, 2 and 3, in rising order, or a dim; got \[\]"),
        (
            {"pooling": ["median"]},
            r"pooling: expected a list of mean, max, max\+mean, deviation, attention; got \['median'\]",
        ),
        ({"channels": 0}, "channels and depth: expected at least 1 each; got 0 and 1"),
        ({"depth": 0}, "channels and depth: expected at least 1 each; got 64 and 0"),
        ({"depth": [1, 2]}, r"depth: expected one number, or 3, one for each block; got \[1, 2\]"),
    ],
)
def test_what_there_is_not_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ConvolutionalEncoder(**arguments)


@pytest.mark.parametrize(
    ("depth", "halved_after", "n_convolutions"),
    [(2, {2, 4, 6}, 6), ([1, 3, 2], {1, 4, 6}, 6), ([1, 2, 2], {1, 3, 5}, 5)],
)
def test_a_block_halves_after_its_last_convolution(depth, halved_after, n_convolutions):
    made = ConvolutionalEncoder(dim=None, pooling=["max"], channels=6, depth=depth).eval()
    torch.nn.init.normal_(made.features[1].running_mean)
    convolutions = [each for each in made.features if isinstance(each, torch.nn.Conv2d)]
    norms = [each for each in made.features if isinstance(each, torch.nn.BatchNorm2d)]
    x = PICTURE[:, None]
    for n, (convolution, norm) in enumerate(zip(convolutions, norms, strict=True), start=1):
        x = torch.nn.functional.conv2d(x, convolution.weight, convolution.bias, padding=1)
        x = norm(x).clamp_min(0)
        x = torch.nn.functional.max_pool2d(x, 2) if n in halved_after else x
    assert (len(convolutions), x.shape) == (n_convolutions, (3, 6, 8, 6))
    with torch.no_grad():
        torch.testing.assert_close(made(PICTURE), x.permute(0, 3, 2, 1).flatten(2).amax(dim=1), atol=1e-5, rtol=1e-4)
    assert len(made.layers()) == 4


def test_it_has_the_parameters_of_the_published_network():
    made = ConvolutionalEncoder()
    assert sum(p.numel() for p in made.parameters()) == 600_192  # AudioNTT2020, d = 512
    assert {name.split(".")[0] for name in made.state_dict()} == {"features", "fc"}


def test_the_last_frames_of_a_sound_count():
    made = encoder()
    longer = torch.cat([PICTURE[:, :, :40], 5 + PICTURE[:, :, 40:47]], dim=2)
    assert made.embed_with_frames(longer)[1].shape[1] == 6
    assert not torch.allclose(made(longer), made(PICTURE[:, :, :40]))


def test_a_frame_is_where_its_sound_is():
    """A click moves the frames whose times, and the 44 ms that the last window of a frame reaches beyond, hold it."""
    made = encoder(blocks=[3], dim=None)
    silent = torch.zeros(1, 16000)
    for at_s in (0.2, 0.4, 0.7, 0.9):
        click = silent.clone()
        click[0, round(at_s * 16000)] = 1.0
        with torch.no_grad():
            moved = (made.embed_with_frames(click)[1] - made.embed_with_frames(silent)[1]).norm(dim=2)[0]
        assert int(moved.argmax()) == int(at_s / made.frame_s)


def test_a_sound_s_embedding_does_not_depend_on_its_neighbours():
    made = encoder()
    with torch.no_grad():
        alone = torch.cat([made(sound[None]) for sound in WAVEFORM])
        torch.testing.assert_close(made(WAVEFORM), alone, atol=1e-5, rtol=1e-5)


def test_an_embedding_does_not_depend_on_the_level_of_a_sound():
    made = encoder()
    with torch.no_grad():
        torch.testing.assert_close(made(0.01 * WAVEFORM), made(WAVEFORM), atol=1e-4, rtol=1e-4)


def test_silence_is_not_amplified():
    frontend = LogMel(normalize_peak=True)
    assert torch.equal(frontend(torch.zeros(1, 16000)), LogMel()(torch.zeros(1, 16000)))
    rounding = torch.full((1, 16000), 2.0**-16)
    torch.testing.assert_close(frontend(rounding), LogMel()(1000 * rounding))


@pytest.mark.parametrize("n_samples", [1024, 3000, 16000, 40000])
@pytest.mark.parametrize("level", [0.0, 1e-9, 1.0])
def test_silent_and_short_sounds_have_finite_embeddings(n_samples, level):
    made = encoder()
    embedding, frames = made.embed_with_frames(level * torch.randn(2, n_samples))
    assert embedding.shape == (2, 1024) and frames.shape[1] >= 1
    assert embedding.isfinite().all() and frames.isfinite().all()


def test_a_frame_is_of_its_own_time():
    changed = WAVEFORM.clone()
    changed[:, 15000:] = 0
    made = encoder()
    moved = (made.embed_with_frames(changed)[1] - made.embed_with_frames(WAVEFORM)[1]).norm(dim=2).mean(dim=0)
    assert moved[-1] > 3 * moved[0]


def test_untrained_weights_follow_from_the_seed():
    made = ConvolutionalEncoder()
    a, b, other = (made.untrained(seed).state_dict()["fc.0.weight"] for seed in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, other)


def test_a_checkpoint_makes_it_again(tmp_path):
    made = encoder(frontend=LogMel(n_mels=32, hop_s=0.02, frame_multiple=8), dim=16, dropout=0.1, window_s=0.5)
    save(tmp_path / "a.ckpt", made)
    loaded = load_encoder(tmp_path / "a.ckpt")
    assert isinstance(loaded, ConvolutionalEncoder) and not loaded.training
    assert loaded.recipe() == made.recipe() and loaded.window_s == 0.5
    assert torch.equal(loaded(WAVEFORM), made(WAVEFORM))


def test_an_odd_number_of_bands_is_refused():
    with pytest.raises(ValueError, match="expected a multiple of 8 bands; got 60"):
        ConvolutionalEncoder(LogMel(n_mels=60))


def test_sounds_of_up_to_ten_seconds_are_embedded_at_once():
    assert ConvolutionalEncoder().max_window_s == 10
    assert ConvolutionalEncoder(window_s=30.0).max_window_s == 30
    assert ConvolutionalEncoder(window_s=0.5, max_window_s=0.5).max_window == 8000
    with pytest.raises(ValueError, match=r"max_window_s: expected at least window_s, 1; got 0\.5"):
        ConvolutionalEncoder(max_window_s=0.5)
