import pytest
import torch

from doppelganger import AudioEncoder
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.evaluation.baselines import LogMelStatistics

BACKBONES = {
    "test_resnet": {},
    "convnext_atto": {},
    "vit_tiny_patch16_224": {"img_size": (64, 96)},
    "test_vit": {"img_size": (64, 96)},
    "swin_tiny_patch4_window7_224": {"img_size": (64, 96), "window_size": (2, 3)},
}
WAVEFORM = torch.randn(3, 16000, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("embedding_dim", [8, None])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_frames_come_with_the_same_embedding_and_in_its_size(backbone, embedding_dim):
    encoder = AudioEncoder(backbone, embedding_dim, backbone_options=BACKBONES[backbone]).eval()
    embedding, frames = encoder.embed_with_frames(WAVEFORM)
    torch.testing.assert_close(embedding, encoder(WAVEFORM))
    assert frames.shape[0] == 3 and frames.shape[1] > 1 and frames.shape[2] == encoder.embedding_dim
    assert not torch.allclose(frames[:, 0], frames[:, 1])


@pytest.mark.parametrize(
    ("backbone", "options", "hops"),
    [
        ("test_resnet", {}, 32),
        ("xcit_nano_12_p8_224", {}, 8),  # its patches have one number for a size, and no list of patches
        ("audio_vit_tiny", {"patch_size": [16, 4], "depth": 1}, 4),
    ],
)
def test_the_time_between_frames_is_the_step_of_the_network(backbone, options, hops):
    assert AudioEncoder(backbone, 8, backbone_options=options).frame_s == pytest.approx(hops * 0.010)


def test_frames_of_a_resnet_average_to_its_embedding():
    encoder = AudioEncoder("test_resnet", 8).eval()
    embedding, frames = encoder.embed_with_frames(WAVEFORM)
    torch.testing.assert_close(frames.mean(dim=1), embedding)


@pytest.mark.parametrize("encoder", [AudioEncoder("test_resnet", 8).eval(), LogMelStatistics(16000, 1.0)])
def test_a_frame_depends_mostly_on_its_own_time(encoder):
    changed = WAVEFORM.clone()
    changed[:, 15000:] = 0
    before, after = encoder.embed_with_frames(WAVEFORM)[1], encoder.embed_with_frames(changed)[1]
    moved = (after - before).norm(dim=2).mean(dim=0)
    assert moved[-1] > 3 * moved[0]


def test_frames_of_a_convolutional_encoder_pool_to_its_embedding():
    """Niizumi et al., section III-D: maximum plus mean over time."""
    encoder = ConvolutionalEncoder(dim=16).eval()
    embedding, frames = encoder.embed_with_frames(WAVEFORM)
    torch.testing.assert_close(embedding, encoder(WAVEFORM))
    torch.testing.assert_close(frames.amax(dim=1) + frames.mean(dim=1), embedding)
    assert frames.shape == (3, 6, encoder.embedding_dim)


def test_a_pattern_with_other_bands_is_refused_with_the_number_of_bands():
    encoder = ConvolutionalEncoder(dim=16)
    with pytest.raises(ValueError, match=rf"or give a pattern n_mels={encoder.frontend(WAVEFORM).shape[2]}"):
        encoder(torch.zeros(4, 80, 208))


def test_a_waveform_with_an_axis_of_one_channel_is_refused():
    with pytest.raises(ValueError, match=r"got \(3, 1, 16000\): mix channels down"):
        AudioEncoder("test_resnet", 8)(WAVEFORM[:, None])


@pytest.mark.parametrize("window_s", [0.1, 0.2, 1.0, 10.0])
def test_log_mel_frames_are_finite_for_windows_of_any_length(window_s):
    encoder = LogMelStatistics(16000, window_s)
    _, frames = encoder.embed_with_frames(torch.randn(2, encoder.window))
    assert frames.isfinite().all() and frames.shape[2] == 128


@pytest.mark.parametrize("backbone", BACKBONES)
def test_layers_of_a_backbone_are_its_features_averaged(backbone):
    encoder = AudioEncoder(backbone, 8, backbone_options=BACKBONES[backbone]).eval()
    layers = encoder.embed_layers(WAVEFORM)
    assert layers.ndim == 3 and len(layers) == 3 and layers.shape[1] > 1
    features = encoder.backbone.forward_features(encoder.spectrogram(WAVEFORM))
    if features.ndim == 3:  # tokens
        expected = features[:, encoder.backbone.num_prefix_tokens :].mean(dim=1)
    else:
        expected = features.mean(dim=(1, 2) if features.shape[-1] == encoder.backbone.num_features else (2, 3))
    torch.testing.assert_close(layers[:, -1, : expected.shape[1]], expected)
    assert not layers[:, -1, expected.shape[1] :].any()
    assert not torch.allclose(layers[:, 0], layers[:, -1])


@pytest.mark.parametrize("pooling", ["mean", "bands"])
def test_the_last_layer_of_an_audio_vit_is_its_embedding(pooling):
    options = {"depth": 3, "n_bands": 64, "pooling": pooling}
    encoder = AudioEncoder("audio_vit_tiny", None, backbone_options=options).eval()
    layers, shallow = encoder.embed_layers(WAVEFORM), AudioEncoder("audio_vit_tiny", None, backbone_options=options)
    torch.testing.assert_close(layers[:, -1], encoder(WAVEFORM))
    shallow.load_state_dict(encoder.state_dict())
    shallow.backbone.blocks = shallow.backbone.blocks[:2]
    torch.testing.assert_close(layers[:, 1], shallow.eval()(WAVEFORM))


def test_layers_of_a_convolutional_encoder_are_its_blocks_and_its_frame_network():
    encoder = ConvolutionalEncoder(dim=16, blocks=(1, 2, 3), pooling=("mean", "deviation")).eval()
    layers, embedding = encoder.embed_layers(WAVEFORM), encoder(WAVEFORM)
    widths = [2048, 1024, 512, 16]
    assert layers.shape == (3, 4, 2 * 2048) and embedding.shape[1] == 2 * sum(widths)
    means, deviations = embedding.split(sum(widths), dim=1)
    for n, (mean, deviation) in enumerate(zip(means.split(widths, 1), deviations.split(widths, 1), strict=True)):
        torch.testing.assert_close(layers[:, n, : 2 * widths[n]], torch.cat([mean, deviation], dim=1))
        assert not layers[:, n, 2 * widths[n] :].any()
    fewer = ConvolutionalEncoder(dim=None, blocks=(3,))
    assert fewer.embed_layers(WAVEFORM).shape == (3, 3, 2048)


def test_an_encoder_without_layers_has_one():
    encoder = LogMelStatistics(16000, 1.0)
    torch.testing.assert_close(encoder.embed_layers(WAVEFORM), encoder(WAVEFORM)[:, None])
