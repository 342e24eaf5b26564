"""Embedding a folder of sounds of every kind."""

import errno
import json
import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import torch

from doppelganger import AudioEncoder, LogMel, load_encoder
from doppelganger.__main__ import main
from doppelganger.embedding.audio import read_blocks
from doppelganger.embedding.parquet import EmbeddingFile
from doppelganger.embedding.sound_files import sound_files
from doppelganger.evaluation import Task
from doppelganger.evaluation.task_embeddings import embed

WINDOW_S, DIM = 0.5, 16
KINDS = {
    "plain.wav": {},
    "low/8bit.wav": {"subtype": "PCM_U8"},
    "float.wav": {"subtype": "DOUBLE"},
    "packed.flac": {},
    "lossy.ogg": {},
    "lossy.MP3": {},
    "big.aif": {"format": "AIFF"},
    "high.wav": {"samplerate": 192000},
    "odd.wav": {"samplerate": 11025},
    "stereo.flac": {"channels": 2},
    "surround.wav": {"channels": 6},
    "short [1] ü.wav": {"seconds": 0.01},
    "one sample.wav": {"seconds": 1 / 8000},
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    encoder = AudioEncoder("test_resnet", embedding_dim=DIM, frontend=LogMel(n_mels=32), window_s=WINDOW_S)
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    path = tmp_path_factory.mktemp("run") / "a.ckpt"
    torch.save({"encoder": encoder.recipe(), "encoder_prefix": "encoder.", "state_dict": weights}, path)
    return path


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    (folder / "low").mkdir()
    rng = np.random.default_rng(0)
    for name, kind in KINDS.items():
        options = {"samplerate": 8000, "channels": 1, "seconds": 1.2} | kind
        n_samples = round(options.pop("seconds") * options["samplerate"])
        sound = 0.1 * rng.standard_normal((n_samples, options.pop("channels")))
        soundfile.write(folder / name, sound, **options)
    soundfile.write(folder / "empty.wav", np.zeros(0), 8000)
    soundfile.write(folder / "nan.wav", np.array([0.1, np.nan]), 8000, subtype="FLOAT")
    (folder / "low" / "corrupt.wav").write_bytes(b"RIFF this is not a sound")
    (folder / "notes.txt").write_text("not a sound, and no reason to speak of it")
    (folder / "._plain.wav").write_bytes(b"what a Mac leaves behind")
    return folder


def run(*arguments):
    main(["embed", *map(str, arguments)])


def read(path):
    table = pq.read_table(path)
    vectors = table["embedding"].combine_chunks().flatten().to_numpy().reshape(-1, DIM)
    return {**{name: table[name].to_pylist() for name in table.column_names if name != "embedding"}, "vectors": vectors}


def test_every_kind_of_sound_is_embedded_as_evaluation_does(checkpoint, sounds, tmp_path, capsys):
    run(sounds, "--encoder", checkpoint, "--out", tmp_path / "new" / "e.parquet")
    table = read(tmp_path / "new" / "e.parquet")
    assert table["path"] == sorted(KINDS, key=lambda name: sounds / name)
    assert [table["seconds"][table["path"].index(name)] for name in ("plain.wav", "high.wav", "odd.wav")] == (
        pytest.approx([1.2] * 3, abs=2e-4)
    )
    encoder, names = load_encoder(checkpoint), table["path"]
    task = Task(
        "sounds",
        names,
        ["a"] * len(names),
        ["1"] * len(names),
        lambda clip: read_blocks(sounds / names[clip], 16000),
        lambda clip: names[clip],
        16000,
    )
    expected, _, _ = embed({"": encoder}, task)
    np.testing.assert_allclose(table["vectors"], expected[""].mean, atol=1e-5)
    out, err = capsys.readouterr()
    assert f"{len(KINDS)} embedded, 3 skipped" in out
    skipped = [line for line in err.splitlines() if line.startswith("skipped")]
    assert [line.partition(":")[0] for line in skipped] == [
        f"skipped {name}" for name in ("empty.wav", "low/corrupt.wav", "nan.wav")
    ]


def test_a_table_says_who_heard(checkpoint, sounds, tmp_path):
    run(sounds / "plain.wav", "--encoder", checkpoint, "--out", tmp_path / "e.parquet")
    schema = pq.read_schema(tmp_path / "e.parquet")
    assert str(schema.field("embedding").type) == f"fixed_size_list<element: float not null>[{DIM}]"
    about = json.loads(schema.metadata[b"doppelganger"])
    assert about["encoder"] == "a.ckpt" and about["recipe"]["arguments"]["backbone"] == "test_resnet"
    assert read(tmp_path / "e.parquet")["path"] == ["plain.wav"]


def test_frames_have_the_times_of_their_windows(checkpoint, sounds, tmp_path):
    run(sounds, "--encoder", checkpoint, "--out", tmp_path / "e.parquet", "--frames")
    table = read(tmp_path / "e.parquet")
    encoder = load_encoder(checkpoint)
    rows = [i for i, path in enumerate(table["path"]) if path == "plain.wav"]
    waveform = torch.from_numpy(np.concatenate(list(read_blocks(sounds / "plain.wav", 16000))))
    starts = [0, 8000, len(waveform) - 8000]
    with torch.no_grad():
        expected = encoder.embed_with_frames(torch.stack([waveform[s : s + 8000] for s in starts]))[1]
    np.testing.assert_allclose(table["vectors"][rows], expected.flatten(0, 1), atol=1e-5)
    step_s = 32 * 0.010  # the network halves hops of 10 ms five times
    spans = [(s / 16000 + i * step_s, s / 16000 + (i + 1) * step_s) for s in starts for i in range(expected.shape[1])]
    np.testing.assert_allclose([(table["start_s"][i], table["end_s"][i]) for i in rows], spans, atol=1e-6)
    short = [i for i, path in enumerate(table["path"]) if path.startswith("short")]
    assert [(table["start_s"][i], table["end_s"][i]) for i in short] == [(0.0, 0.01)]


def test_frames_are_narrower_than_an_embedding_of_several_statistics(sounds, tmp_path):
    run(sounds / "plain.wav", "--encoder", "small-labels", "--out", tmp_path / "e.parquet", "--frames")
    encoder = load_encoder("small-labels")
    waveform = torch.from_numpy(np.concatenate(list(read_blocks(sounds / "plain.wav", 16000))))
    with torch.no_grad():
        expected = encoder.embed_with_frames(waveform[None])[1][0]
    assert expected.shape[1] < encoder.embedding_dim
    vectors = read(tmp_path / "e.parquet")["vectors"].reshape(-1, expected.shape[1])
    np.testing.assert_allclose(vectors, expected, atol=1e-4)


@pytest.mark.parametrize("frames", [[], ["--frames"]])
def test_a_long_sound_does_not_fill_the_memory(frames, checkpoint, tmp_path):
    minutes = 10
    rng = np.random.default_rng(0)
    with soundfile.SoundFile(tmp_path / "long.wav", "w", 8000, 1) as file:
        for _ in range(minutes):
            file.write(rng.uniform(-0.1, 0.1, 60 * 8000))
    arguments = [tmp_path / "long.wav", "--encoder", checkpoint, "--out", tmp_path / "e.parquet", *frames]
    soundfile.write(tmp_path / "short.wav", np.zeros(8000), 8000)
    run(tmp_path / "short.wav", "--encoder", checkpoint, "--out", tmp_path / "short.parquet")  # imports what it needs
    tracemalloc.start()
    try:
        run(*arguments)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.5 * minutes * 60 * 16000 * 4  # of the whole sound at the encoder's rate
    table = read(tmp_path / "e.parquet")
    assert np.isfinite(table["vectors"]).all()
    if frames:
        assert table["start_s"][-1] == pytest.approx(minutes * 60 - WINDOW_S, abs=1e-3)
    else:
        assert table["seconds"][0] == pytest.approx(minutes * 60, abs=1e-3)


def test_linked_folders_are_read_once_and_loops_end(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root / "z", root / ".git", elsewhere):
        folder.mkdir(parents=True)
        soundfile.write(folder / "a.wav", np.zeros(100), 8000)
    (root / "a_link_to_z").symlink_to(root / "z")
    (root / "b").symlink_to(elsewhere)
    (root / "z" / "up").symlink_to(root)
    (elsewhere / "self").symlink_to(elsewhere)
    assert [str(path.relative_to(root)) for path in sound_files(root)] == ["b/a.wav", "z/a.wav"]


def test_a_file_name_that_is_not_utf8_is_skipped_and_named(checkpoint, tmp_path, capsys):
    soundfile.write(tmp_path / "a.wav", np.zeros(8000), 8000)
    (tmp_path / os.fsdecode(b"caf\xe9.wav")).write_bytes((tmp_path / "a.wav").read_bytes())
    run(tmp_path, "--encoder", checkpoint, "--out", tmp_path / "e.parquet")
    assert read(tmp_path / "e.parquet")["path"] == ["a.wav"]
    assert "skipped caf?.wav: its name is not UTF-8" in capsys.readouterr().err


def test_rows_come_in_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("doppelganger.embedding.parquet._ROWS", 3)
    import pyarrow as pa

    vectors = np.random.default_rng(0).standard_normal((7, DIM)).astype(np.float32)
    with EmbeddingFile(tmp_path / "e.parquet", {"path": pa.string()}, DIM, {}) as table:
        for i, vector in enumerate(vectors):
            table.add(str(i), vector)
    assert pq.ParquetFile(tmp_path / "e.parquet").metadata.num_row_groups == 3
    assert np.array_equal(read(tmp_path / "e.parquet")["vectors"], vectors)


def test_two_writers_of_one_table_leave_a_whole_one(tmp_path):
    import pyarrow as pa

    path = tmp_path / "e.parquet"

    def write_second():
        with EmbeddingFile(path, {"path": pa.string()}, DIM, {}) as second:
            second.add("second", np.ones(DIM))

    with EmbeddingFile(path, {"path": pa.string()}, DIM, {}) as first, ThreadPoolExecutor() as pool:
        first.add("first", np.zeros(DIM))
        pool.submit(write_second).result()
        assert read(path)["path"] == ["second"]
    assert read(path)["path"] == ["first"] and [file.name for file in tmp_path.iterdir()] == ["e.parquet"]


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_strict_stops_and_leaves_what_was_there(checkpoint, sounds, tmp_path, capsys):
    (tmp_path / "e.parquet").write_text("an older table")
    message = refused(capsys, sounds, "--encoder", checkpoint, "--out", tmp_path / "e.parquet", "--strict")
    assert message.endswith("empty.wav: holds no samples")
    assert [path.name for path in tmp_path.iterdir()] == ["e.parquet"]
    assert (tmp_path / "e.parquet").read_text() == "an older table"


def test_mistakes_end_in_one_line(checkpoint, sounds, tmp_path, capsys):
    given = "--encoder", checkpoint, "--out", tmp_path / "e.parquet"
    assert "sound files" in refused(capsys, tmp_path, *given)
    assert "none of 1" in refused(capsys, sounds / "empty.wav", *given)
    assert "ends in .parquet" in refused(capsys, sounds, *given[:3], tmp_path / "e.csv")
    assert "--device" in refused(capsys, sounds, *given, "--device", "toaster")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.wav").write_bytes(b"")
    scandir = os.scandir

    def refusing(path):
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)  # root reads all folders
    with pytest.warns(UserWarning, match="closed cannot be read, and is left out: Permission denied"):
        assert sound_files(tmp_path) == [tmp_path / "open" / "a.wav"]
