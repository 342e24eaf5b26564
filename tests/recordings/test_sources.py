"""Recordings are found where users keep them, in one order, whatever holds them."""

import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from doppelganger.recordings import Folder, HuggingFaceDataset, Shards, open_source


def sound(number: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.full(100, number / 10, dtype=np.float32), 8000, format="WAV", subtype="FLOAT")
    return file.getvalue()


def level(source, number: int) -> float:
    with source.open(number) as file:
        return round(float(soundfile.read(file)[0][0]), 3)


def shard(path: Path, names: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in names.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_a_folder_is_read_to_its_depths_in_the_order_of_names(tmp_path):
    for number, name in enumerate(["b.wav", "a/z.WAV", "a/deeper/y.wav"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(sound(number))
    (tmp_path / "notes.txt").write_text("no sound")
    source = open_source(tmp_path)
    assert isinstance(source, Folder) and len(source) == 3
    assert [level(source, i) for i in range(3)] == [0.2, 0.1, 0.0]
    assert source.name(2) == str(tmp_path / "b.wav")


def test_shards_are_read_in_the_order_of_files_and_members(tmp_path):
    shard(tmp_path / "corpus-1.tar", {"c.wav": sound(3)})
    shard(tmp_path / "corpus-0.tar", {"b.wav": sound(1), "b.json": b"{}", "a.wav": sound(2)})
    source = open_source(tmp_path / "corpus-*.tar")
    assert isinstance(source, Shards) and len(source) == 3
    assert [level(source, i) for i in range(3)] == [0.1, 0.2, 0.3]
    assert source.name(1) == f"{tmp_path / 'corpus-0.tar'}: a.wav"
    assert len(open_source(tmp_path / "corpus-1.tar")) == 1
    shard(tmp_path / "corpus[1].tar", {"a.wav": sound(1), "b.wav": sound(2)})
    assert len(open_source(tmp_path / "corpus[1].tar")) == 2  # a file of that name, no pattern


def test_hidden_files_of_a_shard_are_left_out_as_in_a_folder(tmp_path):
    """As tar on macOS writes them."""
    hidden = dict.fromkeys(("./._a.wav", "__MACOSX/._a.wav", "./.trash/b.wav"), b"no sound")
    shard(tmp_path / "a.tar", {**hidden, "./a.wav": sound(1), "c.d/e.wav": sound(2)})
    source = open_source(tmp_path / "a.tar")
    assert [level(source, i) for i in range(len(source))] == [0.1, 0.2]


@pytest.mark.parametrize("embedded", [True, False])
def test_a_data_set_of_hugging_face_is_read_from_disk(tmp_path, embedded):
    datasets = pytest.importorskip("datasets")
    rows = []
    for number in range(3):
        (tmp_path / f"{number}.wav").write_bytes(sound(number))
        rows.append({"bytes": sound(number) if embedded else None, "path": str(tmp_path / f"{number}.wav")})
    made = datasets.Dataset.from_dict({"clip": rows, "label": ["x"] * 3}).cast_column("clip", datasets.Audio())
    made.save_to_disk(str(tmp_path / "set"))
    source = open_source(tmp_path / "set")
    assert isinstance(source, HuggingFaceDataset) and len(source) == 3
    assert [level(source, i) for i in range(3)] == [0.0, 0.1, 0.2]


def test_what_holds_no_sounds_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"expected a folder with sound files, .*missing does not exist"):
        open_source(tmp_path / "missing")
    with pytest.raises(ValueError, match=r"expected a folder with sound files, .* has none"):
        open_source(tmp_path)
    with pytest.raises(ValueError, match=r"x\*.tar: expected tar files with sounds; found 0 tar files"):
        open_source(tmp_path / "x*.tar")
    shard(tmp_path / "whole.tar", {"a.wav": sound(1)})
    (tmp_path / "torn.tar").write_bytes((tmp_path / "whole.tar").read_bytes()[:700])
    with pytest.raises(ValueError, match=r"torn\.tar: expected a whole tar file, not compressed"):
        open_source(tmp_path / "torn.tar")
    shard(tmp_path / "damaged.tar", {"a.wav": sound(1), "b.wav": sound(2)})
    damaged = bytearray((tmp_path / "damaged.tar").read_bytes())
    damaged[damaged.index(b"b.wav")] ^= 1
    (tmp_path / "damaged.tar").write_bytes(damaged)
    with pytest.raises(ValueError, match=r"damaged\.tar: expected a whole tar file, .*a damaged header at byte 1024"):
        open_source(tmp_path / "damaged.tar")
    (tmp_path / "text.tar").write_text("no tar file " * 100)
    with pytest.raises(ValueError, match=r"text\.tar: expected a whole tar file, not compressed"):
        open_source(tmp_path / "text.tar")


def test_a_split_is_to_be_named(tmp_path):
    datasets = pytest.importorskip("datasets")
    parts = {"train": datasets.Dataset.from_dict({"text": ["a"]})}
    datasets.DatasetDict(parts).save_to_disk(str(tmp_path / "set"))
    with pytest.raises(ValueError, match=r"expected one split of a data set, such as .*train"):
        open_source(tmp_path / "set")


def test_a_data_set_without_audio_is_named(tmp_path):
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_dict({"text": ["a"]}).save_to_disk(str(tmp_path / "set"))
    with pytest.raises(ValueError, match="expected one column of audio; found 0 among text"):
        open_source(tmp_path / "set")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for ffmpeg is a shell script")
def test_a_file_of_a_folder_that_only_ffmpeg_reads_is_decoded(tmp_path, monkeypatch):
    there = np.random.default_rng(0).uniform(-1, 1, (300_000, 2)).astype(np.float32)
    soundfile.write(tmp_path / "decoded", there, 22050, format="AU", subtype="FLOAT")
    (tmp_path / "ffmpeg").write_text(f"#!/bin/sh\nexec /bin/cat '{tmp_path / 'decoded'}'\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.m4a").write_bytes(b"sound")
    with open_source(tmp_path).open(0) as file:
        found, rate = soundfile.read(file, dtype="float32")
    assert rate == 22050
    np.testing.assert_array_equal(found, there)


def test_a_file_of_a_shard_that_only_ffmpeg_reads_is_refused(tmp_path):
    shard(tmp_path / "corpus.tar", {"a.m4a": b"sound"})
    with pytest.raises(ValueError, match="read from a folder, not from a tar file"):
        open_source(tmp_path / "corpus.tar").open(0)
