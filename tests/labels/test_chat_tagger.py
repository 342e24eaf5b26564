"""Tags by a language model behind a server: its requests, its answers, and what is kept of them."""

import json
import multiprocessing
import threading
import time
from collections import Counter

import pytest

from doppelganger.__main__ import main
from doppelganger.caption_tags.taggers._json_answer import tags_of_answer
from tests.labels.chat_server import answers, well


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ('{"tags": ["Dog", "bark", "dog"]}', "dog bark"),
        ('Sure!\n```json\n{"labels": ["low frequency", "hum."]}\n```', "low-frequency hum"),
        ('<think>{"tags": ["no"]} [maybe]</think>["a", "b", 3]', "a b"),
        ('{"tags": "dog, bark"}', "dog bark"),
        ('{"scene": ["park"], "sources": ["dog"], "note": "fine"}', "park dog"),
        ('{"tags": {"scene": "park", "sources": ["dog"]}}', "dog"),
        ('{"note": "I will [try]"} {"tags": ["dog"]}', "dog"),
        (json.dumps({"tags": [f"t{i}" for i in range(12)]}), " ".join(f"t{i}" for i in range(10))),
        ('{"tags": ["狗"]}', "狗"),
        ('{"tags": ["dog", "ba', ""),
        ('{"error": "no"}', ""),
        ("dog, bark", ""),
        ("[" * 100000, ""),
        ("", ""),
    ],
)
def test_answers_are_read_leniently(text, tags):
    assert tags_of_answer(text) == tuple(tags.split())


def test_right_answers_many_at_once(serve, tmp_path):
    def slowly(caption, times):
        time.sleep(0.1)
        return well(caption, times)

    server = serve(slowly)
    captions = [*map(str, range(12)), "狗 🐶", '"a", b']
    given = answers(server, tmp_path, captions, concurrency=4)
    assert (
        given["3"].tags == ("tag3",)
        and given["狗 🐶"].tags == ("tag狗", "tag")
        and given['"a", b'].tags == ('tag"a', "tagb")
    )
    assert not any(answer.error for answer in given.values()) and set(given) == set(captions)
    assert server.most_busy == 4 and set(server.asked.values()) == {1}


def test_the_request_names_the_model_the_key_and_ten_tags(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret\n")
    server, captions = serve(well), tmp_path / "captions.jsonl"
    captions.write_text('{"id": 1, "caption": "a b"}\n{"id": 2, "caption": "a"}')
    arguments = ["--base-url", f"{server.url}/", "--model", "m", "--temperature", "0.3"]
    main(["tags", "build", str(captions), "--out", str(tmp_path / "o"), "--tagger", "chat", *arguments])
    path, key, request = server.seen[0]
    assert (path, key) == ("/v1/chat/completions", "Bearer secret")
    assert request["model"] == "m" and request["temperature"] == 0.3
    assert all(word in request["messages"][0]["content"] for word in ("10", "scene", "events", "function", "JSON"))
    assert (tmp_path / "o" / "manifest.jsonl").read_text().splitlines() == [
        '{"id": 1, "tags": ["taga", "tagb"]}',
        '{"id": 2, "tags": ["taga"]}',
    ]


def test_answers_are_kept_by_model_and_a_torn_line_is_none(serve, tmp_path):
    kept = tmp_path / "answers.jsonl"
    lines = ['{"model": "m", "caption": "x", "tags": ["old"]}', '{"model": "other", "caption": "y", "tags": ["no"]}']
    kept.write_text("\n".join([*lines, '{"model": "m", "caption": "z", "ta']))
    server = serve(well)
    given = answers(server, tmp_path, ["x", "y", "z"])
    assert given["x"].tags == ("old",) and given["y"].tags == ("tagy",) and given["z"].tags == ("tagz",)
    assert answers(server, tmp_path, ["x", "y", "z"]) == given
    assert server.asked == {"y": 1, "z": 1}


def test_a_run_that_was_killed_goes_on_where_it_was(serve, tmp_path):
    gate = threading.Event()

    def behave(caption, times):
        if int(caption) >= 6 and not gate.is_set():
            gate.wait(20)  # whoever asks this now is killed meanwhile
        return well(caption, times)

    server, captions, out = serve(behave), tmp_path / "captions.jsonl", tmp_path / "out"
    captions.write_text("".join(f'{{"id": {i}, "caption": "{i}"}}\n' for i in range(10)))
    arguments = ["build", str(captions), "--out", str(out), "--tagger", "chat"]
    arguments += ["--base-url", server.url, "--model", "m", "--concurrency", "2"]
    # A fork needs no second import of everything; it is killed before it computes.
    process = multiprocessing.get_context("fork").Process(target=main, args=(["tags", *arguments],))
    process.start()
    kept = out / "answers.jsonl"
    until = time.monotonic() + 60
    while (
        time.monotonic() < until and process.is_alive() and not (kept.exists() and kept.read_bytes().count(b"\n") == 6)
    ):
        time.sleep(0.02)
    process.kill()
    process.join()
    before = kept.read_text().splitlines()
    assert (
        sorted(json.loads(line)["caption"] for line in before) == [*"012345"] and not (out / "manifest.jsonl").exists()
    )
    gate.set()
    asked = Counter(server.asked)
    main(["tags", *arguments])
    assert {caption: server.asked[caption] - asked[caption] for caption in map(str, range(10))} == {
        str(i): int(i >= 6) for i in range(10)
    }
    manifest = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert manifest == [{"id": i, "tags": [f"tag{i}"]} for i in range(10)]


def test_a_caption_that_failed_is_told_at_the_end_and_left_out(serve, tmp_path, capsys):
    bad = (400, {}, "[no]")
    server, captions = (
        serve(lambda caption, times: bad if caption == "x" else well(caption, times)),
        tmp_path / "c.jsonl",
    )
    rows = [{"file": "1", "caption": "x"}, {"file": "2", "caption": "y"}, {"file": "3", "caption": "z"}]
    captions.write_text("\n".join(map(json.dumps, rows)))
    flags = ["--tagger", "chat", "--base-url", server.url, "--model", "m"]
    main(["tags", "build", str(captions), "--out", str(tmp_path / "o"), *flags])
    said = capsys.readouterr()
    assert "2 of 3 clips kept" in said.out
    assert "1 captions without an answer" in said.err and 'HTTP 400 Bad Request: [no]: "x"' in said.err
    # A clip that nobody answered for is no clip without a tag: n is 2.
    assert (tmp_path / "o" / "vocabulary.tsv").read_text().splitlines()[1] == "tagy\t1\t0.405465"
