"""`synths verify` finds what differs: a checksum, a sample, a label, a sound that is not there."""

import hashlib
import io
import json
import shutil
import tarfile

import pytest
import soundfile
import torch

import synths
from synths.__main__ import main
from synths.corpus.blocks import Renderer
from synths.corpus.manifest import Manifest
from synths.corpus.verification import chosen
from tests.corpus.corpora import lines, made, stopped


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    made(folder)
    return folder


@pytest.fixture
def corpus(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "corpus")


def changed(folder, change) -> None:
    """Change the members of the third shard; the manifest agrees."""
    path = folder / "shard-000002.tar"
    with tarfile.open(path) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}
    change(members)
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    rows = lines(folder)
    rows[3] |= {"n_bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def add_to_sample(members, step: int) -> None:
    waveform, rate = soundfile.read(io.BytesIO(members["voice-000020.flac"]), dtype="int16")
    waveform[123] += step
    soundfile.write(file := io.BytesIO(), waveform, rate, format="FLAC")
    members["voice-000020.flac"] = file.getvalue()


def change_label(members) -> None:
    label = json.loads(members["voice-000021.json"])
    label["parameters"]["mixer.noise"] *= 1 + 1e-6
    members["voice-000021.json"] = json.dumps(label).encode()


def test_a_good_corpus_is_good(corpus, capsys):
    main(["verify", str(corpus)])
    said = capsys.readouterr().out
    assert "50 sounds in 7 shards: 0 shards are wrong" in said and ": 0 differ" in said
    main(["verify", str(corpus), "--share", "1"])
    assert "50 files were rendered again: 0 differ" in capsys.readouterr().out


def test_another_seed_chooses_other_blocks(whole):
    manifest = Manifest(whole)
    renderer = Renderer(manifest.require_head().recipe)
    starts = [chosen(manifest, renderer, 0.3, seed) for seed in range(8)]
    assert all(len(some) == 2 for some in starts)  # of 4 blocks of 16
    assert {start for some in starts for start in some} == {0, 16, 32, 48}
    assert chosen(manifest, renderer, 0.3, 0) == starts[0] and chosen(manifest, renderer, 0.001, 0)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda members: add_to_sample(members, 1), "voice-000020 differs in 1 of 400 samples, by up to 3.1e-05"),
        (change_label, "voice-000021 has another mixer.noise"),
        (lambda members: members.pop("voice-000022.flac"), "voice-000022 is missing"),
        (lambda members: members.update({"voice-000023.flac": b"fLaC"}), "voice-000023 cannot be read"),
    ],
)
def test_one_change_is_found_and_named(corpus, capsys, change, difference):
    changed(corpus, change)
    versions = f"made with synths {synths.__version__}, torch {torch.__version__}; see --tolerance"
    assert f"{corpus}: sounds differ; the corpus was {versions}" in stopped("verify", corpus, "--share", "1")
    said = capsys.readouterr().out
    assert f"shard-000002.tar: {difference}" in said and ": 1 differ" in said


def test_a_tolerance_allows_the_last_bits(corpus, capsys):
    changed(corpus, lambda members: (add_to_sample(members, 1), change_label(members)))
    main(["verify", str(corpus), "--share", "1", "--tolerance", "1e-3"])
    changed(corpus, lambda members: add_to_sample(members, 40))
    stopped("verify", corpus, "--share", "1", "--tolerance", "1e-3")


def test_a_tolerance_reaches_numbers_in_lists_and_nan_is_nan(tmp_path):
    made(tmp_path, 32, labels=(function := "tests.corpus.corpora:labels_with_lists"))
    verify = ["verify", str(tmp_path), "--share", "1", "--labels", function]
    main(verify)

    def move_event(members):
        label = json.loads(members["voice-000021.json"])
        label["events"][0]["at"][0] *= 1 + 1e-6
        members["voice-000021.json"] = json.dumps(label).encode()

    changed(tmp_path, move_event)
    main([*verify, "--tolerance", "1e-3"])
    stopped(*verify)
    changed(tmp_path, lambda members: members.update({"voice-000021.json": members["voice-000020.json"]}))
    stopped(*verify, "--tolerance", "1e-3")


def test_wrong_files_are_named(corpus, capsys):
    damaged = bytearray((corpus / "shard-000001.tar").read_bytes())
    damaged[-1] ^= 1  # in the padding: no sound differs
    (corpus / "shard-000001.tar").write_bytes(damaged)
    torn = corpus / "shard-000003.tar"
    torn.write_bytes(torn.read_bytes()[:2000])
    (corpus / "shard-000004.tar").unlink()
    (corpus / "shard-000009.tar").write_bytes(b"")
    assert "remove the wrong shards and run the command of render again" in stopped("verify", corpus)
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == [
        "shard-000001.tar has another checksum",
        f"shard-000003.tar has 2000 bytes, not {torn_size(corpus)}",
        "shard-000004.tar is missing",
    ]
    assert "shard-000009.tar is not in the manifest" in said


def torn_size(corpus) -> int:
    return lines(corpus)[4]["n_bytes"]


def test_a_change_of_the_synth_is_named(corpus):
    rows = lines(corpus)
    rows[0]["recipe"]["fingerprint"] = "0123"
    (corpus / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert "voice has fingerprint 234830298252ce08 here, not 0123" in stopped("verify", corpus)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"synth": "shutil:rmtree"}, "sounds of shutil:rmtree; add --synth"),
        ({"labels": "this"}, "labels of this; add --labels this to run its code"),
        ({"seed": "0"}, "line 1: expected seed as int; got '0'"),
        ({"settings": {"nothing": 1}}, "nothing"),
        ({"sound_format": {}}, "fingerprint"),
        ({"more": 1}, "line 1: expected a recipe"),
    ],
)
def test_a_manifest_of_a_stranger_runs_nothing(corpus, change, expected, capsys):
    rows = lines(corpus)
    rows[0]["recipe"] |= change
    (corpus / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if expected == "fingerprint":  # the default format
        stopped("verify", corpus)
    else:
        assert expected in stopped("verify", corpus)
    assert "Zen" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"shard": "../out.tar"}, "expected shard 2 from sound 16 on; got '../out.tar'"),
        ({"first": 17}, "expected shard 2 from sound 16 on"),
        ({"n": 10**9}, "expected at least 2048 bytes for each sound"),
        ({"n": 9}, "expected shard 2"),
        ({"n_bytes": -1}, "expected a whole number of at least 1; got -1"),
    ],
)
def test_a_manifest_names_its_own_shards_alone(corpus, line, expected):
    rows = lines(corpus)
    rows[3] |= line
    (corpus / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert f"line 4: {expected}" in stopped("verify", corpus)


def test_no_corpus_is_named(tmp_path, corpus):
    assert "expected a corpus that `synths render --shards` wrote" in stopped("verify", tmp_path)
    (corpus / "manifest.jsonl").write_text("mine\n")
    assert "line 1: " in stopped("verify", corpus)
    (corpus / "manifest.jsonl").write_text('{"mine": 1}\n')
    assert "line 1: expected what `synths render --shards` writes" in stopped("verify", corpus)
    assert "--share" in stopped("verify", corpus, "--share", "0")
