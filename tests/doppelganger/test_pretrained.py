"""The encoders that come with the package."""

import json
import re
from pathlib import Path

import pytest
import torch

import doppelganger
from doppelganger import load_encoder
from doppelganger.__main__ import main
from doppelganger.checkpoints import shipped_encoders
from doppelganger.finding import find_encoder
from tests.checkpoint_files import save

FOLDER = Path(doppelganger.__file__).parent / "pretrained"
every_encoder = pytest.mark.parametrize("name", shipped_encoders())


def test_there_is_a_small_one():
    assert "small" in shipped_encoders()


@every_encoder
def test_it_loads_by_name_from_any_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    encoder = load_encoder(name)
    waveform = torch.randn(2, encoder.window, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        embedding = encoder(waveform)
        assert torch.equal(find_encoder(name)(waveform), embedding)
        # Other weights than random ones of the same network, and none of them broken.
        assert not torch.allclose(encoder.untrained(0).eval()(waveform), embedding, rtol=0.1)
    assert embedding.shape == (2, encoder.embedding_dim) and embedding.isfinite().all()
    assert not encoder.training


def test_a_folder_of_ones_own_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = doppelganger.AudioEncoder("test_resnet", 16).eval()
    Path("small").mkdir()
    save(Path("small", "a.ckpt"), own)
    waveform = torch.randn(2, 16000)
    assert torch.equal(load_encoder("small")(waveform), own(waveform))


@every_encoder
def test_its_files_are_small_and_say_what_it_is(name):
    folder = FOLDER / name
    assert sum(file.stat().st_size for file in folder.iterdir()) < 8e6
    about = json.loads((folder / "config.json").read_text())
    assert re.fullmatch("[0-9a-f]{40}", about["provenance"]["commit"].removesuffix("-dirty"))
    assert about["provenance"]["fingerprint"] and about["provenance"]["config"] and about["provenance"]["steps"] > 0
    tasks = {row["task"]: row["encoders"] for row in about["scores"]}
    assert tasks.keys() >= {"esc10", "fsdd", "arabic_speech_commands"}
    assert all(scores.keys() >= {"trained", "random", "log_mel"} for scores in tasks.values())
    assert "Apache" in (folder / "README.md").read_text()


def test_embed_takes_it_where_none_is_named(tmp_path, capsys):
    import pyarrow.parquet as pq
    import soundfile

    sound = torch.randn(16000, generator=torch.Generator().manual_seed(1)) * 0.1
    soundfile.write(tmp_path / "a.wav", sound.numpy(), 16000, subtype="FLOAT")
    main(["embed", str(tmp_path), "--out", str(tmp_path / "e.parquet")])
    (embedding,) = pq.read_table(tmp_path / "e.parquet")["embedding"].to_pylist()
    with torch.no_grad():
        expected = load_encoder("small")(sound[None])[0]
    torch.testing.assert_close(torch.tensor(embedding), expected, atol=1e-4, rtol=1e-4)


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at smal; .* encoder of the package: .*small"):
        load_encoder("smal")
