"""The Unified Tag System: scores, vocabulary, and the command on captions of every kind."""

import csv
import json
import math

import pytest
import torch

from doppelganger.__main__ import main
from doppelganger.caption_tags.tag_system import best_tags, keep_known, tidy_tag
from doppelganger.commands.tags import read_captions
from doppelganger.labels.tags.tag_scores import tag_scores

CAPTIONS = [
    {"file": "a.wav", "caption": 'A dog barks, and a man says "sit".'},
    {"file": "b.wav", "caption": "A dog barks in heavy rain."},
    {"file": "c.wav", "caption": "Dogs bark; rain."},
    {"file": "d.wav", "caption": "狗在叫,下雨了 🐶"},
    {"file": "e.wav", "caption": "نباح كلب"},
    {"file": 'f, "g".wav', "caption": "Rain, rain, RAIN"},
    {"file": "空.wav", "caption": "   "},
    {"file": "a.wav", "caption": 'A dog barks, and a man says "sit".'},
    {"file": "a.wav", "caption": "Somewhere a bell rings."},
]


def build(tmp_path, *arguments, captions=CAPTIONS):
    path, out = tmp_path / "captions.jsonl", tmp_path / "out"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in captions), encoding="utf-8")
    main(["tags", "build", str(path), "--out", str(out), *arguments])
    with (out / "vocabulary.tsv").open(encoding="utf-8", newline="") as file:
        vocabulary = [(row["tag"], int(row["df"]), float(row["score"])) for row in csv.DictReader(file, delimiter="\t")]
    lines = (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return vocabulary, [json.loads(line) for line in lines]


def test_scores_are_those_worked_out_by_hand():
    # Of 9 clips: log(10 / 10), log(10 / 5), log(10 / 2).
    scores = tag_scores(torch.tensor([9, 4, 1, 0]), 9)
    assert scores.tolist() == pytest.approx([0, 4 * 0.69314718, 1.60943791, 0], abs=1e-7)
    assert scores.dtype == torch.float64


def test_no_tag_of_a_million_clips_overflows_or_rounds_to_another():
    df = torch.tensor([3_000_000, 2_999_999], dtype=torch.int32)
    a, b = tag_scores(df, 10_000_000).tolist()
    assert a != b and a == pytest.approx(3_000_000 * math.log(10_000_001 / 3_000_001))


def test_the_best_come_first_equals_by_name_and_a_tag_of_all_last():
    clips = [["x", "b", "a"], ["x", "b", "a", "b"], ["x", "c"], ["x"]]
    assert [(tag.name, tag.df) for tag in best_tags(clips, 10)] == [("a", 2), ("b", 2), ("c", 1), ("x", 4)]
    assert [tag.name for tag in best_tags(clips, 1)] == ["a"]
    assert best_tags([[], []], 3) == []
    with pytest.raises(ValueError, match="at least one"):
        best_tags(clips, 0)


def test_tags_are_dropped_before_clips():
    clips = [["x"], ["c", "x", "a", "c"], []]
    assert list(keep_known(clips, best_tags([["a"], ["c"], []], 2))) == [(1, ["c", "a"])]


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Lo_Fi", "lo-fi"),
        (" lo fi. ", "lo-fi"),
        ('"Reverb",', "reverb"),
        ("#hiss", "hiss"),
        ("ＤＯＧ", "dog"),
        ("犬", "犬"),
        ("हिन्दी", "हिन्दी"),
        ("🐶", ""),
        ("tab\there", "tab-here"),
        ("\ud800", ""),
        ("This is a sentence and by no means a tag", ""),
    ],
)
def test_a_tag_has_one_spelling(text, tag):
    assert tidy_tag(text) == tag


def test_the_whole_pipeline_on_a_small_file(tmp_path, capsys):
    vocabulary, manifest = build(tmp_path, "--k", "4")
    # Seven clips: a.wav is one, and the repeated caption counts once. Others by hand: dog and bark 3, rain 3, ...
    score = {df: df * math.log(8 / (df + 1)) for df in (1, 3)}
    assert vocabulary == [
        ("bark", 3, pytest.approx(score[3], rel=1e-5)),
        ("dog", 3, pytest.approx(score[3], rel=1e-5)),
        ("rain", 3, pytest.approx(score[3], rel=1e-5)),
        ("bell", 1, pytest.approx(score[1], rel=1e-5)),
    ]
    assert manifest == [
        {"file": "a.wav", "tags": ["dog", "bark", "bell"]},
        {"file": "b.wav", "tags": ["dog", "bark", "rain"]},
        {"file": "c.wav", "tags": ["dog", "bark", "rain"]},
        {"file": 'f, "g".wav', "tags": ["rain"]},
    ]
    said = capsys.readouterr().out
    assert "4 of 7 clips kept, 4 tags" in said and "manifest.jsonl" in said


def test_ids_are_kept_as_they_are(tmp_path):
    _, manifest = build(tmp_path, captions=[{"id": 7, "caption": "dog"}, {"id": "7", "file": "x", "caption": "cat"}])
    assert manifest == [{"id": 7, "tags": ["dog"]}, {"file": "x", "id": "7", "tags": ["cat"]}]


def test_a_name_that_is_no_unicode_comes_back_as_it_was(tmp_path):
    path, out = tmp_path / "captions.jsonl", tmp_path / "out"
    path.write_bytes(b'\xef\xbb\xbf{"file": "\\ud800.wav", "caption": "dog\xe2\x80\xa8barks"}\r\n\r\n')
    main(["tags", "build", str(path), "--out", str(out)])
    assert json.loads((out / "manifest.jsonl").read_bytes()) == {"file": "\ud800.wav", "tags": ["dog", "bark"]}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"file": "a.wav", "caption": ', "one JSON object a line"),
        (b'["a.wav", "dog"]', "expected an object"),
        (b'{"path": "a.wav", "caption": "dog"}', "expected file or id; got path"),
        (b'{"file": "a.wav", "text": "dog"}', "expected text for caption; got file, text"),
        (b'{"file": "a.wav", "caption": null}', "expected text for caption; got null"),
        (b'{"file": ["a.wav"], "caption": "dog"}', "expected text for file"),
        (b'{"file": "a.wav", "caption": "d\xf6g"}', "expected UTF-8"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, reason):
    path = tmp_path / "captions.jsonl"
    path.write_bytes(b'{"file": "ok.wav", "caption": "dog"}\n' + line)
    with pytest.raises(ValueError, match=f"line 2: .*{reason}"):
        read_captions(path)


@pytest.mark.parametrize(
    ("captions", "arguments", "said"),
    [
        ([], [], "is empty"),
        ([{"id": 1, "caption": "什么"}], [], "found none in 1 clips"),
        (CAPTIONS, ["--k", "0"], "--k: expected at least 1"),
        (CAPTIONS, ["--tagger", "chat"], "expected --base-url and --model"),
        (
            CAPTIONS,
            ["--tagger", "chat", "--model", "m", "--base-url", "localhost:8000"],
            "base_url: expected an address",
        ),
        (CAPTIONS, ["--retries", "-1"], "expected at least 0"),
    ],
)
def test_mistakes_end_in_one_line(tmp_path, capsys, captions, arguments, said):
    with pytest.raises(SystemExit) as stop:
        build(tmp_path, *arguments, captions=captions)
    assert stop.value.code == 2 and said in capsys.readouterr().err
