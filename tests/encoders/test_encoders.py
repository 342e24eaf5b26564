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


def test_a_waveform_with_an_axis_of_one_channel_is_refused():
    with pytest.raises(ValueError, match=r"got \(3, 1, 16000\): remove the axis of one channel"):
        AudioEncoder("test_resnet", 8)(WAVEFORM[:, None])


@pytest.mark.parametrize("window_s", [0.1, 0.2, 1.0, 10.0])
def test_log_mel_frames_are_finite_for_windows_of_any_length(window_s):
    encoder = LogMelStatistics(16000, window_s)
    _, frames = encoder.embed_with_frames(torch.randn(2, encoder.window))
    assert frames.isfinite().all() and frames.shape[2] == 128
