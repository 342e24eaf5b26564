"""Standardized against means and variances of numpy."""

import numpy as np
import pytest
import torch

from doppelganger import LogMel, load_encoder
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.frontends import KaldiFbank, Standardized
from tests.checkpoint_files import save

BATCHES = [torch.randn(4, 16000, generator=torch.Generator().manual_seed(n)) * 0.1 * 3**n for n in range(3)]


def test_the_statistics_are_averages_over_the_batches_of_the_training():
    plain, frontend = LogMel(), Standardized(LogMel())
    pictures = [plain(batch).numpy() for batch in BATCHES]
    for batch, picture in zip(BATCHES, pictures, strict=True):
        trained = frontend(batch)
        np.testing.assert_allclose(trained, (picture - picture.mean()) / np.sqrt(picture.var() + 1e-5), atol=1e-4)
    frontend.eval()
    mean = np.mean([picture.mean() for picture in pictures])
    deviation = np.sqrt(np.mean([picture.var(ddof=1) for picture in pictures]) + 1e-5)
    np.testing.assert_allclose(frontend(BATCHES[0]), (pictures[0] - mean) / deviation, atol=1e-4)
    before = frontend.state_dict()["statistics.running_mean"].clone()
    assert frontend.n_bands == 64 and torch.equal(frontend.state_dict()["statistics.running_mean"], before)


def test_before_any_training_nothing_is_changed():
    torch.testing.assert_close(
        Standardized(KaldiFbank()).eval()(BATCHES[0]), KaldiFbank()(BATCHES[0]), rtol=1e-4, atol=0
    )


def test_it_takes_sounds_as_long_as_the_other_front_end_does():
    frontend = Standardized(LogMel(frame_multiple=8))
    assert frontend(BATCHES[0]).shape == LogMel(frame_multiple=8)(BATCHES[0]).shape
    shortest = LogMel(frame_multiple=8).shortest
    assert frontend.shortest == shortest and frontend(BATCHES[0][:, :shortest]).shape[3] == 8
    with pytest.raises(ValueError, match=f"at least {shortest} samples"):
        frontend(BATCHES[0][:, : shortest - 1])


def test_a_checkpoint_holds_the_statistics(tmp_path):
    encoder = ConvolutionalEncoder(frontend=Standardized(LogMel(frame_multiple=1)), dim=None)
    encoder(BATCHES[1])
    save(tmp_path / "encoder.ckpt", encoder)
    loaded = load_encoder(tmp_path / "encoder.ckpt")
    torch.testing.assert_close(loaded(BATCHES[0]), encoder.eval()(BATCHES[0]))
    assert loaded.frontend.statistics.running_mean != 0
