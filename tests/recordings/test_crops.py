"""Recordings take the place of a synth: by index, in pairs, in banks, in every objective."""

import pickle
import warnings

import numpy as np
import pytest
import soundfile
import torch
from scipy.signal import resample_poly

import synths
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.frontends import LogMel
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.recordings import Crops
from doppelganger.streams.labelled import LabelledStream
from doppelganger.streams.pairs import PairStream
from doppelganger.streams.perturbations import Gaussian
from lightning_modules.data import PairDataModule
from lightning_modules.pretraining import PretrainingModule

RATE = 8000


@pytest.fixture
def folder(tmp_path):
    """Four recordings of 4 s, whose samples tell the recording (tenths) and the place (hundredths and below)."""
    for number in range(4):
        ramp = 0.2 * number + np.linspace(0, 0.1, 4 * RATE, endpoint=False)
        soundfile.write(tmp_path / f"{number}.wav", np.stack([ramp, ramp], 1), RATE, subtype="FLOAT")
    return tmp_path


def crops(folder, **kwargs) -> Crops:
    return Crops(folder, **{"sample_rate": RATE, "seconds": 0.5} | kwargs)


def test_a_crop_is_a_stretch_of_its_recording(folder):
    source = crops(folder)
    index = torch.arange(200)
    recording = (source.sample(index)[:, 0] * 4).long()
    sound = source.play(index)
    assert sound.shape == (200, RATE // 2) and set(recording.tolist()) == {0, 1, 2, 3}
    step = 0.1 / (4 * RATE)
    start = (sound[:, 0] - 0.2 * recording) / step
    assert (start > -1).all() and (start < 3.5 * RATE + 1).all()
    assert start.std() > 0.2 * 4 * RATE  # places all over the recording
    whole = 0.2 * recording[:, None] + step * (start.round()[:, None] + torch.arange(RATE // 2))
    torch.testing.assert_close(sound, whole, atol=2e-6, rtol=0)
    assert source.render(torch.ones(1, 1)).min() > 0.599  # of the last one


@pytest.mark.parametrize("rate", [RATE, 2 * RATE])
def test_a_recording_beyond_full_scale_keeps_its_shape(rate, tmp_path):
    tone = np.sin(2 * np.pi * 100 * np.arange(4 * rate) / rate)
    soundfile.write(tmp_path / "integers_as_floats.wav", 32768 * tone, rate, subtype="FLOAT")
    sound = crops(tmp_path).play(torch.arange(4))
    assert float(sound.abs().max()) <= 1
    power = torch.fft.rfft(sound).abs().square()
    assert (power[:, 50] > 0.99 * power.sum(dim=1)).all()  # 100 Hz in windows of 0.5 s; a square wave has 0.81 there


def test_a_recording_of_less_than_a_sample_is_no_silence(folder):
    soundfile.write(folder / "4.wav", np.full(1, 0.5), 12 * RATE)
    with pytest.warns(UserWarning, match="4.wav is left out .*: is shorter than one sample at 8000 Hz"):
        sound = crops(folder).render(torch.full((1, 1), 0.99))
    assert 0 < sound.max() < 0.11  # the next recording is the first one


def test_a_crop_is_the_same_alone_and_in_a_batch(folder):
    together = crops(folder).play(torch.arange(50))
    alone = torch.cat([crops(folder).play([i]) for i in range(50)])
    assert torch.equal(together, alone)
    assert not torch.equal(together, crops(folder).play(torch.arange(50), seed=1))


@pytest.mark.filterwarnings("ignore")
def test_a_crop_of_a_cut_off_recording_does_not_depend_on_what_was_read_before(tmp_path):
    for number in range(2):
        noise = np.random.default_rng(number).uniform(-0.5, 0.5, 8 * RATE)
        soundfile.write(tmp_path / f"{number}.flac", noise, RATE)
    whole = (tmp_path / "0.flac").read_bytes()
    (tmp_path / "0.flac").write_bytes(whole[: len(whole) // 2])
    together = crops(tmp_path).play(torch.arange(60))
    alone = torch.cat([crops(tmp_path).play([i]) for i in range(60)])
    assert torch.equal(together, alone)


def test_a_copy_for_another_process_is_the_same(folder):
    source = crops(folder)
    assert torch.equal(pickle.loads(pickle.dumps(source)).play([3]), source.play([3]))


def test_views_are_two_crops_of_one_recording(folder):
    pairs = PairStream(crops(folder), Gaussian(delta=0.25))(torch.arange(100))
    a, b = pairs.a[:, 0], pairs.b[:, 0]
    assert torch.equal((a / 0.2 + 1e-4).floor(), (b / 0.2 + 1e-4).floor())
    assert ((a - b).abs() > 0.01).float().mean() > 0.5


def test_recordings_are_resampled_and_short_ones_padded(tmp_path):
    tone = np.sin(2 * np.pi * 300 * np.arange(3000) / 12000).astype(np.float32)
    soundfile.write(tmp_path / "short.wav", tone, 12000, subtype="FLOAT")
    (sound,) = crops(tmp_path, seconds=1.0).play([0])
    expected = resample_poly(tone, 2, 3)
    assert not sound[2000:].any()
    np.testing.assert_allclose(sound[100:1900], expected[100:1900], atol=2e-3)


def test_a_bank_mixes_recordings_and_synths(folder):
    voice = synths.Voice(sample_rate=RATE, seconds=0.5, control_rate=500)
    bank = synths.SynthBank({"recordings": crops(folder), "voice": voice}, weights={"recordings": 3, "voice": 1})
    index = torch.arange(400)
    chosen = bank.choice(bank.sample(index))
    assert abs((chosen == 0).float().mean() - 0.75) < 0.08
    sound = bank.play(index)
    torch.testing.assert_close(sound[chosen == 1], voice.play(index[chosen == 1]), atol=1e-6, rtol=0)
    assert torch.equal(sound[chosen == 0], crops(folder).play(index[chosen == 0]))


def test_unreadable_recordings_are_named_once_and_replaced(folder):
    (folder / "1.wav").write_bytes(b"no sound")
    soundfile.write(folder / "2.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")
    soundfile.write(folder / "3.wav", np.zeros(0), RATE)
    with pytest.warns(UserWarning) as said:
        sound = crops(folder).play(torch.arange(40))
    assert (sound < 0.2).all()  # of recording 0 alone
    names = sorted(str(each.message).split(" is left out")[0] for each in said)
    assert names == [str(folder / f"{i}.wav") for i in (1, 2, 3)]
    (folder / "0.wav").write_bytes(b"")
    with warnings.catch_warnings(), pytest.raises(ValueError, match=r"none of the 4 from \S+ on can be read"):
        warnings.simplefilter("ignore")
        crops(folder).play([0])


def test_objectives_learn_from_recordings(folder):
    torch.manual_seed(0)
    frontend = LogMel(sample_rate=RATE, high_hz=4000.0, n_mels=16)
    encoder = ConvolutionalEncoder(frontend, dim=None, blocks=[3], window_s=0.5)
    objective = Contrastive(encoder, NTXent())
    terms = objective(PairStream(crops(folder), Gaussian())(torch.arange(4)))
    terms["loss"].backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in encoder.parameters())


def test_a_batch_larger_than_the_folder_is_named(folder):
    with pytest.warns(UserWarning, match="of which there are 4.*Give batch_size: 4 or less"):
        PairDataModule(crops(folder), batch_size=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PairDataModule(crops(folder), batch_size=4)
    for number in (1, 2, 3):
        (folder / f"{number}.wav").unlink()
    with pytest.raises(ValueError, match="recordings: expected two or more"):
        PairDataModule(crops(folder), batch_size=2)


def test_labels_of_recordings_are_measured(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    soundfile.write(tmp_path / "tone.wav", tone, RATE, subtype="FLOAT")
    stream = LabelledStream(crops(tmp_path))
    with pytest.warns(UserWarning, match="the labels are measured only"):
        labels = stream(torch.arange(2)).labels
    level_db = labels.facts[:, [fact.name for fact in stream.labeller.facts].index("level_db")]
    torch.testing.assert_close(level_db, torch.full((2,), -9.03), atol=0.2, rtol=0)  # 0.5 / sqrt(2)


def test_numbers_of_recordings_are_checked(folder):
    class Many:
        def __len__(self):
            return 1 << 23

    with pytest.raises(ValueError, match="recordings: expected 1 to 4194304 recordings; got 8388608"):
        crops(Many())


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_a_checkpoint_of_another_number_of_recordings_is_refused_with_what_to_do(folder, monkeypatch):
    encoder = ConvolutionalEncoder(
        LogMel(sample_rate=RATE, high_hz=4000.0, n_mels=16), dim=None, blocks=[3], window_s=0.5
    )
    training = PretrainingModule(Contrastive(encoder, NTXent(), [8, 4]), torch.optim.AdamW)
    monkeypatch.setattr(PretrainingModule, "_data", PairDataModule(crops(folder), batch_size=4))
    training.on_save_checkpoint(checkpoint := {})
    training.on_load_checkpoint(checkpoint)
    soundfile.write(folder / "more.wav", np.zeros(4 * RATE), RATE)
    monkeypatch.setattr(PretrainingModule, "_data", PairDataModule(crops(folder), batch_size=4))
    expected = r"^ckpt_path: another parameter layout: recording: here high 5, saved high 4\. .* leave out ckpt_path"
    with pytest.raises(ValueError, match=expected):
        training.on_load_checkpoint(checkpoint)
