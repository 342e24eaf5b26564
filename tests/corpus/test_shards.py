"""Shards hold what `render` writes into a folder, whoever makes them and in which order."""

import json
from functools import partial

import pytest

from synths.__main__ import main
from synths.engines import processes
from tests.corpus.corpora import FLAGS, SIZE, N, contents, lines, made, members, stopped


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert made(folder) == [SIZE] * 6 + [2]
    assert [line.get("number") for line in lines(folder)] == [None, *range(7), None]
    assert lines(folder)[-1] == {"n_sounds": N}
    return folder


@pytest.mark.usefixtures("forked_workers")
def test_shards_hold_the_files_and_labels_of_a_rendered_folder(tmp_path, whole):
    main(["render", "voice", "--format", "flac", "--out", str(tmp_path), *FLAGS[:6]])
    main(["render", "voice", "--out", str(tmp_path / "shards"), *FLAGS, "--processes", "1"])
    assert contents(tmp_path / "shards").keys() == contents(whole).keys()
    labels = [json.loads(line) for line in (tmp_path / "sounds.jsonl").read_text().splitlines()]
    for number in range(7):
        sounds = members(tmp_path / "shards" / f"shard-{number:06d}.tar")
        for label in labels[number * SIZE : (number + 1) * SIZE]:
            name = label.pop("file")
            assert sounds.pop(name) == (tmp_path / name).read_bytes()
            assert json.loads(sounds.pop(name.replace(".flac", ".json"))) == label
        assert not sounds


def test_two_processes_equal_none(tmp_path, whole):
    assert sorted(made(tmp_path, engine=partial(processes.run, n_processes=2))) == [2, *[SIZE] * 6]
    assert contents(tmp_path) == contents(whole)


def test_a_sound_is_the_same_in_shards_of_any_size_and_from_any_first(tmp_path, whole):
    made(tmp_path / "large", shard_size=30)
    made(tmp_path / "late", first=11, n=5)
    expected = {name: data for shard in whole.glob("*.tar") for name, data in members(shard).items()}
    large = members(tmp_path / "large" / "shard-000000.tar") | members(tmp_path / "large" / "shard-000001.tar")
    assert large == expected and len(large) == 2 * N
    late = members(tmp_path / "late" / "shard-000000.tar")
    assert list(late) == [f"voice-{i:06d}.{end}" for i in range(11, 16) for end in ("flac", "json")]
    assert late.items() <= expected.items()


def test_doppelgangers_follow_their_sound(tmp_path):
    made(tmp_path, n=3, n_doppelgangers=2, delta=0.1)
    labels = [json.loads(data) for name, data in members(tmp_path / "shard-000000.tar").items() if "json" in name]
    expected = [(i, view) for i in range(3) for view in (None, "a", "b")]
    assert [(label["index"], label.get("view")) for label in labels] == expected
    assert {label.get("delta") for label in labels} == {None, 0.1}


def test_the_same_command_again_makes_nothing_and_a_larger_one_what_is_missing(tmp_path, whole):
    made(tmp_path, n=20)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert made(tmp_path, n=20) == []
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert made(tmp_path) == [8, 8, 8, 8, 2]  # the third shard had 4 sounds
    assert contents(tmp_path) == contents(whole)


def test_a_shard_that_is_gone_or_torn_is_made_again(tmp_path, whole):
    made(tmp_path)
    (tmp_path / "shard-000002.tar").unlink()
    torn = tmp_path / "shard-000004.tar"
    torn.write_bytes(torn.read_bytes()[:-1])
    assert made(tmp_path) == [8, 8]
    assert contents(tmp_path) == contents(whole)


@pytest.mark.parametrize(
    ("arguments", "difference"),
    [
        (["--seed", "9"], "seed 0, not 9"),
        (["--shard-size", "9"], "shard_size 8, not 9"),
        (["--first", "8"], "first 0, not 8"),
        (["--set", "keyboard.midi_f0=60"], "fingerprint 234830298252ce08, not "),
        (["--distribution", "physical"], "distribution theta, not physical"),
        (["--format", "wav"], "file_format flac, not wav"),
        (["--subtype", "pcm_24"], "subtype pcm_16, not pcm_24"),
        (["--normalize", "peak", "--fade-out", "0.01"], "normalize None, not peak, fade_out_s 0.0, not 0.01"),
        (["--doppelgangers", "1"], "n_doppelgangers 0, not 1"),
        (["-n", "20"], "holds 50 sounds, not 20; give -n 50 or more"),
    ],
)
def test_another_recipe_is_refused(tmp_path, arguments, difference):
    made(tmp_path)
    before = contents(tmp_path)
    assert difference in stopped("render", "voice", "--out", tmp_path, *FLAGS, "--processes", "1", *arguments)
    assert contents(tmp_path) == before
