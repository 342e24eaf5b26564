import os
import pickle

import pytest
import torch

from doppelganger import AudioEncoder, LogMel, load_encoder

WAVEFORM = torch.randn(2, 16000, generator=torch.Generator().manual_seed(0))


def small_encoder() -> AudioEncoder:
    return AudioEncoder("test_resnet", embedding_dim=16, frontend=LogMel(n_mels=32), window_s=0.5)


def save(encoder: AudioEncoder, path, **changes):
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    torch.save({"encoder": encoder.recipe() | changes, "state_dict": weights}, path)


def test_a_saved_encoder_gives_the_same_embedding(tmp_path):
    encoder = small_encoder().eval()
    save(encoder, tmp_path / "a.ckpt")
    loaded = load_encoder(tmp_path / "a.ckpt")
    assert not loaded.training
    assert (loaded.sample_rate, loaded.window_s, loaded.embedding_dim) == (16000, 0.5, 16)
    assert torch.equal(loaded(WAVEFORM), encoder(WAVEFORM))


def test_a_folder_means_its_newest_checkpoint(tmp_path):
    (tmp_path / "run").mkdir()
    first, second = small_encoder().eval(), small_encoder().eval()
    save(first, tmp_path / "run" / "b.ckpt")
    save(second, tmp_path / "run" / "a.ckpt")
    os.utime(tmp_path / "run" / "b.ckpt", (1, 1))
    assert torch.equal(load_encoder(tmp_path)(WAVEFORM), second(WAVEFORM))


def test_untrained_is_the_same_architecture_with_other_weights():
    encoder = small_encoder().eval()
    fresh = encoder.untrained(seed=1).eval()
    assert {n: p.shape for n, p in fresh.state_dict().items()} == {n: p.shape for n, p in encoder.state_dict().items()}
    assert not torch.allclose(fresh(WAVEFORM), encoder(WAVEFORM))
    assert torch.equal(fresh(WAVEFORM), encoder.untrained(seed=1).eval()(WAVEFORM))


class Bomb:
    def __reduce__(self):
        return exec, ("open('exploded', 'w').close()",)


def test_a_pickle_of_something_else_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"encoder": Bomb(), "state_dict": {}}, tmp_path / "bomb.ckpt")
    (tmp_path / "raw.ckpt").write_bytes(pickle.dumps(Bomb()))
    for name in ("bomb.ckpt", "raw.ckpt"):
        with pytest.raises(ValueError, match="not a checkpoint that can be loaded safely"):
            load_encoder(tmp_path / name)
    assert not (tmp_path / "exploded").exists()


def test_foreign_code_in_a_recipe_is_refused(tmp_path):
    encoder = small_encoder()
    refused = {
        "doppelganger.streams.pairs.Gaussian": "not of the class FrontEnd",
        "antigravity.Thing": "import antigravity",
    }
    for front_end, reason in refused.items():
        save(encoder, tmp_path / "a.ckpt", frontend=front_end)
        with pytest.raises(ValueError, match=reason):
            load_encoder(tmp_path / "a.ckpt")


def test_missing_or_foreign_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        load_encoder(tmp_path)
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(ValueError, match=r"other\.ckpt holds no encoder"):
        load_encoder(tmp_path / "other.ckpt")


def test_an_unknown_backbone_names_the_nearest():
    with pytest.raises(ValueError, match=r"no backbone 'resnet81'; did you mean .*resnet18"):
        AudioEncoder("resnet81")
