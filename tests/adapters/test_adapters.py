"""The adapters, by the kits' own checks where they are installed, else by the calls that the kits make."""

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soxr
import torch

from doppelganger import AudioEncoder, LogMel, load_encoder
from doppelganger.adapters import VARIABLE, embed_frames, embed_moments, embed_sounds, hear
from doppelganger.adapters.arch import ArchModel
from doppelganger.adapters.evar import AR_Doppelganger
from doppelganger.adapters.mteb import MtebModel
from doppelganger.adapters.xares import DoppelgangerEncoder
from doppelganger.embedding.embed import embed_clips
from doppelganger.encoders import ConvolutionalEncoder
from tests import python
from tests.checkpoint_files import save

ROOT = Path(__file__).parents[2]
RATE, DIM = 16000, 16


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    encoder = AudioEncoder("test_resnet", embedding_dim=DIM, frontend=LogMel(n_mels=32), window_s=0.5)
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    path = tmp_path_factory.mktemp("run") / "a.ckpt"
    torch.save({"encoder": encoder.recipe(), "encoder_prefix": "encoder.", "state_dict": weights}, path)
    return str(path)


@pytest.fixture(autouse=True)
def variable(checkpoint, monkeypatch):
    monkeypatch.setenv(VARIABLE, checkpoint)


def noise(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("n_samples", [1, 3000, 8000, 8001, 20000, 40000, 8000 * 130])
def test_a_sound_and_its_frames_are_those_of_evaluation(n_samples, checkpoint):
    encoder = load_encoder(checkpoint)
    sounds = noise(2, n_samples)
    clips = list(embed_clips([encoder], [(i, [sound.numpy()]) for i, sound in enumerate(sounds)], frames=True))
    with torch.no_grad():
        means, frames = embed_sounds(encoder, sounds), embed_frames(encoder, sounds)
    np.testing.assert_allclose(means, [clip.mean() for clip in clips], atol=1e-5)
    if n_samples % 8000 == 0:  # else the last window is not moved back but padded, to keep the time even
        np.testing.assert_allclose(frames, [clip.frames() for clip in clips], atol=1e-5)
    per_window = encoder.embed_with_frames(torch.zeros(1, 8000))[1].shape[1]
    assert frames.shape == (2, int(np.ceil(n_samples * per_window / 8000)), DIM)


@pytest.mark.parametrize("n_samples", [3000, 8000, 8001, 20000, 30000, 30001, 8000 * 130])
def test_a_sound_of_an_encoder_with_longer_windows_is_that_of_evaluation(n_samples):
    encoder = ConvolutionalEncoder(
        LogMel(8000, n_mels=16, high_hz=4000), dim=None, channels=4, max_window_s=3.75
    ).eval()
    sounds = noise(2, n_samples)
    clips = list(embed_clips([encoder], [(i, [sound.numpy()]) for i, sound in enumerate(sounds)]))
    with torch.no_grad():
        np.testing.assert_allclose(embed_sounds(encoder, sounds), [clip.mean() for clip in clips], atol=1e-5)


def test_a_moment_is_in_the_middle_of_its_window(checkpoint):
    encoder = load_encoder(checkpoint)
    sound = noise(1, 20000)
    with torch.no_grad():
        moments = embed_moments(encoder, sound, 800)
        expected = encoder(sound[:, 8000 - 4000 : 8000 + 4000])
    assert moments.shape == (1, 26, DIM)
    torch.testing.assert_close(moments[:, 10], expected)


def test_no_encoder_named_is_an_error(monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ValueError, match=VARIABLE):
        DoppelgangerEncoder()


def test_hear_validator_is_content(checkpoint, tmp_path):
    pytest.importorskip("hearvalidator")
    # Even for torch models it imports one name from TensorFlow.
    (tmp_path / "tensorflow.py").write_text("class Module: pass\n")
    done = python.run(
        ["-m", "hearvalidator.validate", hear.__name__, "--model", checkpoint, "--device", "cpu"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
    )
    assert done.returncode == 0 and "Looks good!" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("seconds", [0.01, 1.07, 1.98, 2.74, 4.0])
def test_hear_by_its_later_checks(seconds, checkpoint):
    model = hear.load_model(checkpoint)
    assert isinstance(model, torch.nn.Module) and not model.training
    assert model.sample_rate in (16000, 22050, 32000, 44100, 48000)
    assert type(model.scene_embedding_size) is int and type(model.timestamp_embedding_size) is int
    sounds = noise(4, round(seconds * model.sample_rate))
    scenes = hear.get_scene_embeddings(sounds, model)
    assert scenes.shape == (4, model.scene_embedding_size) and scenes.dtype == torch.float32
    embeddings, times = hear.get_timestamp_embeddings(sounds, model)
    assert embeddings.dtype == torch.float32 and not embeddings.requires_grad
    assert embeddings.shape == (*times.shape, model.timestamp_embedding_size) and len(times) == 4
    hops = np.diff(times.numpy().astype(np.float64))
    assert np.all(np.abs(hops - 50) < 1e-3)
    assert times[0, 0] == 0 and 1000 * seconds - 50 < times[0, -1] <= 1000 * seconds


def test_hear_without_a_path_and_from_an_encoder_of_another_rate(monkeypatch):
    assert hear.load_model().scene_embedding_size == DIM
    model = hear.load_model()
    model.sample_rate = 22050  # 50 ms are 1102.5 samples
    _, times = hear.get_timestamp_embeddings(noise(1, 22050), model)
    hops = np.diff(times.numpy().astype(np.float64))
    assert hops == pytest.approx(1000 * 1102 / 22050, abs=1e-3)


def test_xares_checker_is_content():
    checker = pytest.importorskip("xares.audio_encoder_checker")
    assert checker.check_audio_encoder(DoppelgangerEncoder())


def test_xares_finds_one_class_by_the_file(monkeypatch):
    utils = pytest.importorskip("xares.utils")
    found = utils.attr_from_py_path("doppelganger/adapters/xares.py", endswith="Encoder")
    assert found is DoppelgangerEncoder


def test_xares_as_its_tasks_call_it():
    encoder = DoppelgangerEncoder()
    assert isinstance(encoder.hop_size_in_ms, float) and isinstance(encoder.sampling_rate, int)
    for shape in ((5000,), (1, 3000), (2, 50000), (16, 160000)):
        with torch.inference_mode():
            embedding = encoder(noise(*shape)).to("cpu").detach()
        seconds = shape[-1] / encoder.sampling_rate
        n_sounds = shape[0] if len(shape) == 2 else 1
        assert embedding.shape == (n_sounds, int(np.ceil(seconds * 1000 / encoder.hop_size_in_ms)), encoder.output_dim)
        assert embedding[0].numpy().dtype == np.float32 and torch.isfinite(embedding).all()


class Config(dict):
    """What EasyDict is to EVAR."""

    def __getattr__(self, name):
        return self[name]


def test_evar_as_its_scripts_call_it(checkpoint):
    # ar_doppelganger is put into the package by name, and found by eval.
    evar = SimpleNamespace(ar_doppelganger=sys.modules["doppelganger.adapters.evar"])
    cfg = Config(audio_repr="ar_doppelganger.AR_Doppelganger", weight_file=checkpoint, feature_d=DIM, sample_rate=RATE)
    cfg["return_filename"] = False
    loader = torch.utils.data.DataLoader([(sound, 0) for sound in noise(6, RATE)], batch_size=4)
    ar = eval("evar." + cfg.audio_repr, {"evar": evar})(cfg).to("cpu")
    ar.precompute("cpu", loader)
    emb_ar = torch.nn.DataParallel(ar).to("cpu")
    emb_ar.eval()
    embeddings = []
    with torch.no_grad():
        for X, _ in loader:
            assert not emb_ar.module.cfg.return_filename
            embeddings.append(emb_ar(X).detach().cpu())
    embeddings = torch.vstack(embeddings).numpy()
    assert embeddings.shape == (6, DIM) and embeddings.dtype == np.float32
    frames = ar.encode_frames(noise(2, 2 * RATE))
    assert frames.shape[:2] == (2, DIM) and frames.shape[2] >= 4


def test_evar_fine_tunes_with_augmented_pictures(checkpoint):
    ar = AR_Doppelganger(Config(weight_file=checkpoint))
    shapes = []
    ar.set_augment_tf_feature_fn(lambda x: shapes.append(x.shape) or torch.zeros_like(x))
    plain = ar(noise(2, RATE))
    assert not shapes
    ar.train()
    augmented = ar(noise(2, RATE))
    assert shapes == [(4, 1, 32, 32)] and not torch.allclose(plain, augmented)
    augmented.sum().backward()
    assert all(p.grad is not None for p in ar.parameters())


def test_evar_names_a_config_of_another_encoder(checkpoint):
    with pytest.raises(ValueError, match=f"expected feature_d: {DIM}"):
        AR_Doppelganger(Config(weight_file=checkpoint, feature_d=2048))


def test_arch_as_its_datasets_call_it(checkpoint):
    model = ArchModel(checkpoint, max_length_s=2.0)
    assert model.get_sampling_rate() == RATE
    size = (model.get_classification_embedding_size(),)
    mono = noise(RATE)
    stereo = torch.stack([mono, mono])
    embeddings = [
        model.get_embeddings(sound) for sound in (mono, mono[None], stereo, mono.numpy(), mono.double().numpy())
    ]
    for embedding in embeddings:
        assert embedding.shape == size and embedding.dtype == torch.float32
        assert embedding.device.type == "cpu" and not embedding.requires_grad
        torch.testing.assert_close(embedding, embeddings[0])
    assert torch.utils.data.default_collate([(e, 0) for e in embeddings])[0].shape == (5, *size)
    frames = [model.get_sequence_embeddings(noise(n)) for n in (100, RATE, 5 * RATE)]
    together = torch.zeros(3, *frames[0].shape)
    for i, of_one in enumerate(frames):
        together[i] = of_one
    assert together.shape[2:] == (model.get_token_embedding_size(),)
    assert torch.equal(model.get_token_embeddings(mono), model.get_sequence_embeddings(mono))


def test_frames_narrower_than_the_embedding_have_the_width_that_adapters_state(monkeypatch):
    model, sound = ArchModel("small"), noise(1, RATE)
    assert model.get_sequence_embeddings(sound).shape[1] == model.get_token_embedding_size()
    assert model.get_embeddings(sound).shape[0] == model.get_classification_embedding_size()
    monkeypatch.setenv(VARIABLE, "small")
    xares = DoppelgangerEncoder()
    assert xares(sound).shape[2] == xares.output_dim


class Loader(list):
    """What the kit passes to `encode`: batches of rows, made by `collate_fn`, of a data set with `features`."""

    collate_fn = None

    def __iter__(self):
        return (self.collate_fn([dict(row) for row in rows]) for rows in super().__iter__())


def test_mteb_as_its_evaluators_call_it(checkpoint):
    model = MtebModel(checkpoint, "3", device="cpu")
    assert (model.name, model.revision) == ("doppelganger/a.ckpt", "3")
    sounds = [noise(n).numpy() for n in (100, RATE, 3 * RATE)]
    stereo, slow = np.stack([sounds[1], sounds[1]]), noise(8000).double().numpy()
    items = [{"array": sound, "sampling_rate": RATE} for sound in (*sounds, stereo)]
    items.append({"array": slow, "sampling_rate": 8000})
    rows = [{"audio": item, "label": i} for i, item in enumerate(items)]
    context = {"task_metadata": None, "hf_split": "test", "hf_subset": "default", "prompt_type": None}
    embeddings = model.encode(Loader([rows[:3], rows[3:]]), **context, batch_size=3, show_progress_bar=False)
    assert embeddings.shape == (5, DIM) and embeddings.dtype == np.float32
    encoder = load_encoder(checkpoint)
    resampled = torch.from_numpy(soxr.resample(slow.astype(np.float32), 8000, RATE))
    with torch.no_grad():
        expected = [embed_sounds(encoder, torch.as_tensor(s)[None])[0] for s in (*sounds, sounds[1], resampled)]
    np.testing.assert_allclose(embeddings, torch.stack(expected), atol=1e-5)
    assert model.similarity(embeddings, embeddings[:2]).shape == (5, 2)
    np.testing.assert_allclose(model.similarity_pairwise(embeddings, embeddings), np.ones(5), atol=1e-5)
    with pytest.raises(ValueError, match="expected sounds; got text"):
        model.encode(Loader([[{"text": "a dog"}]]), **context)


def test_mteb_does_not_take_the_results_of_one_encoder_for_another_of_its_name(checkpoint, tmp_path):
    """The kit keeps results under name and revision, in a cache that all runs share."""
    encoder = load_encoder(checkpoint)
    for run, seed in (("a", 0), ("b", 1), ("c", 0)):
        (tmp_path / run).mkdir()
        save(tmp_path / run / "last.ckpt", encoder.untrained(seed))
    first, other, copy = (MtebModel(str(tmp_path / run / "last.ckpt")) for run in "abc")
    assert first.name == other.name and first.revision != other.revision
    assert first.revision == copy.revision


def test_mteb_checker_is_content(checkpoint, monkeypatch):
    mteb = pytest.importorskip("mteb")
    protocols = importlib.import_module("mteb.models.models_protocols")
    try:
        importlib.import_module("torchcodec.decoders")  # the kit decodes sounds with it
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"torchcodec: {str(error).splitlines()[0]}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model = MtebModel(checkpoint)
    assert isinstance(model, protocols.EncoderProtocol)
    assert model.mteb_model_meta.modalities == ["audio"] and model.mteb_model_meta.embed_dim == DIM
    results = mteb.mock_run(model)
    on_audio = {name: result for name, result in results.items() if result is not None}
    assert results.all_passed and len(on_audio) >= 7


@pytest.mark.parametrize("name", ["hear", "xares", "evar", "arch", "mteb"])
def test_no_kit_is_needed_to_import_its_adapter(name, monkeypatch):
    for kit in ("hearvalidator", "heareval", "xares", "evar", "arch_eval", "mteb"):
        monkeypatch.setitem(sys.modules, kit, None)  # as if it were not installed
    spec = importlib.util.spec_from_file_location("copy", ROOT / f"doppelganger/adapters/{name}.py")
    assert spec and spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_a_long_sound_is_embedded_in_batches_of_windows():
    """Twenty seconds, which are 401 windows around every 50th millisecond."""
    model = hear.load_model()
    largest = 0

    def measure(module, inputs):
        nonlocal largest
        largest = max(largest, inputs[0].numel())

    model.encoder.register_forward_pre_hook(measure)
    hear.get_timestamp_embeddings(noise(1, 20 * RATE), model)
    assert largest <= 128 * model.encoder.window
