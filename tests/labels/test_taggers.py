"""Taggers: the lexicon, and a language model behind a server that answers well, badly, late or not at all."""

import email.utils
import json
import multiprocessing
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from doppelganger.__main__ import main
from doppelganger.caption_tags.taggers import read_tagger, tagger_names
from doppelganger.caption_tags.taggers._json_answer import tags_of_answer
from doppelganger.caption_tags.taggers._server import ChatServer
from doppelganger.caption_tags.taggers.chat import ChatTagger
from doppelganger.caption_tags.taggers.keyword import keywords, phrases


@pytest.mark.parametrize(
    ("caption", "tags"),
    [
        ("A dog barks twice, then a car horn honks.", "dog bark horn honk"),
        ("The car's horn", "car horn"),
        ("Barking puppies. Louder, noisily buzzing!", "bark dog loud buzz"),
        ("Low-pitched humming, lo-fi hip hop", "deep hum lo-fi hip-hop"),
        ("No speech is heard but soft music, without any loud drums or strange voices", "gentle music"),
        ("No music as rain falls; no strange dog", "rain fall"),
        ("A short metallic click with long decay", "short metallic click long decay"),
        ("DOG dog Dogs ｄｏｇ", "dog"),
        ("A sine wave with vibrato and long release fades out", "sine vibrato long release fade"),
        ("A dogma of raincoats", ""),
        ("狗 كلب 🐶", ""),
        ("狗叫 dog", "dog"),
        ("", ""),
    ],
)
def test_keywords(caption, tags):
    assert keywords(caption) == tuple(tags.split())


def test_the_lexicon_covers_five_aspects_and_the_words_of_synthesis():
    aspects = {tag.name: tag.aspect for tag in phrases().values()}
    assert len(aspects) > 300 and min(Counter(aspects.values()).values()) > 30 and len(set(aspects.values())) == 5
    words = """reverb click hum synth buzz distortion percussive stereo arpeggio beep loop sine tone compression vibrato
    echo harmonic chorus resonant square chirp fade glissando sawtooth sustain tremolo descending decay sweep release
    attack rising"""
    assert [word for word in words.split() if not keywords(word)] == []


def test_taggers_are_found_by_their_files():
    assert tagger_names() == ["chat", "keyword"]
    with pytest.raises(ValueError, match="unknown tagger 'gpt'; expected one of chat, keyword"):
        read_tagger("gpt")


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


class Server(ThreadingHTTPServer):
    """Answers by `behave(caption, times asked)`, which may give a text, (status, headers, body), or a function."""

    daemon_threads, block_on_close = True, False

    def __init__(self, behave):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave, self.asked, self.seen, self.lock = behave, Counter(), [], threading.Lock()
        self.busy = self.most_busy = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request, client_address):
        pass  # a client that was killed


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server: Server = self.server  # type: ignore[assignment]
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        caption = request["messages"][-1]["content"].rpartition("Description:\n")[2]
        with server.lock:
            server.asked[caption] += 1
            server.seen.append((self.path, self.headers.get("Authorization"), request))
            server.busy += 1
            server.most_busy = max(server.busy, server.most_busy)
        try:
            given = server.behave(caption, server.asked[caption])
        finally:
            with server.lock:
                server.busy -= 1
        if callable(given):
            return given(self)
        if isinstance(given, str):
            given = (200, {}, json.dumps({"choices": [{"message": {"role": "assistant", "content": given}}]}))
        status, headers, body = given
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format, *args):
        pass


@pytest.fixture
def serve(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    servers = []

    def start(behave):
        servers.append(Server(behave))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def well(caption, _):
    return json.dumps({"tags": [f"tag{word}" for word in caption.split()]})


def answers(server, tmp_path, captions, **options):
    options = {"concurrency": 4, "retries": 2, "backoff_s": 0.01} | options
    chat = ChatServer(server.url, "m", timeout_s=options.pop("timeout_s", 5.0))
    return {answer.caption: answer for answer in ChatTagger(chat, tmp_path / "answers.jsonl", **options)(captions)}


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


def close(handler):
    handler.connection.close()


def half(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')


TROUBLES = {
    "500": lambda: (500, {}, "oh no"),
    "garbage": lambda: "I would say: dog, bark",
    "no completion": lambda: (200, {}, '{"error": {"message": "overloaded"}}'),
    "no JSON": lambda: (200, {}, "<html>"),
    "no text": lambda: (200, {}, '{"choices": [{"message": {"content": null}}]}'),
    "closed": lambda: close,
    "half": lambda: half,
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_that_passes_is_no_trouble(serve, tmp_path, trouble):
    server = serve(lambda caption, times: TROUBLES[trouble]() if times < 3 else well(caption, times))
    given = answers(server, tmp_path, ["x", "y"])
    assert given["x"].tags == ("tagx",) and given["y"].tags == ("tagy",)
    assert server.asked == {"x": 3, "y": 3}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_that_stays_is_told_and_stops_no_other(serve, tmp_path, trouble):
    server = serve(lambda caption, times: TROUBLES[trouble]() if caption == "x" else well(caption, times))
    given = answers(server, tmp_path, ["x", "y"])
    assert given["x"].error and not given["x"].tags and given["y"].tags == ("tagy",)
    assert server.asked == {"x": 3, "y": 1}


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(serve, tmp_path, form):
    at = {}

    def behave(caption, times):
        at[times] = time.time()
        # A date has whole seconds: two ahead are at least one.
        after = "1" if form == "seconds" else email.utils.formatdate(time.time() + 2, usegmt=True)
        return (429, {"Retry-After": after}, "slow down") if times == 1 else well(caption, times)

    assert answers(serve(behave), tmp_path, ["x"])["x"].tags == ("tagx",)
    assert 0.95 < at[2] - at[1] < 4


def test_a_server_that_wants_a_day_gets_it(serve, tmp_path):
    server = serve(lambda *_: (429, {"Retry-After": "86400"}, ""))
    assert "the next request in 86400 s" in answers(server, tmp_path, ["x"])["x"].error
    assert server.asked["x"] == 1


def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize("late", ["nothing", "drip"])
def test_a_server_that_is_too_slow_is_asked_again(serve, tmp_path, late):
    def behave(caption, times):
        if times > 1:
            return well(caption, times)
        if late == "drip":
            return drip
        time.sleep(1)
        return well(caption, times)

    server = serve(behave)
    started = time.monotonic()
    assert answers(server, tmp_path, ["x"], timeout_s=0.3)["x"].tags == ("tagx",)
    assert server.asked["x"] == 2 and time.monotonic() - started < 1


def flood(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 65536)
            handler.server.flooded += 65536
    except OSError:
        pass


def drip_headers(handler):
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass


def test_an_answer_without_end_is_cut_off(serve, tmp_path):
    server = serve(lambda caption, times: flood if caption == "x" else well(caption, times))
    server.flooded = 0
    given = answers(server, tmp_path, ["x", "y"], retries=0, timeout_s=10.0)
    assert "more than 1048576 bytes" in given["x"].error and given["y"].tags == ("tagy",)
    assert server.flooded < 64 << 20  # buffers of the sockets included


def test_headers_without_end_are_cut_off(serve, tmp_path):
    server = serve(lambda *_: drip_headers)
    started = time.monotonic()
    given = answers(server, tmp_path, ["x"], retries=0, timeout_s=0.3)
    assert "no answer within 0.3 s" in given["x"].error and time.monotonic() - started < 3


@pytest.mark.parametrize("key", ["sk-12345678\nX-Other: 1", "sk-12345678 9", "sk-12345678é", "sk-1234567\x00"])
def test_a_key_that_no_header_holds_is_refused_and_not_shown(key, monkeypatch, tmp_path, capsys):
    with pytest.raises(ValueError, match="expected key as ASCII") as failed:
        ChatServer("http://localhost:1/v1", "m", key)
    assert "1234567" not in str(failed.value)
    captions = tmp_path / "c.jsonl"
    captions.write_text('{"id": 1, "caption": "x"}')
    if "\x00" not in key:  # no environment holds it
        monkeypatch.setenv("OPENAI_API_KEY", key)
        flags = ["--tagger", "chat", "--base-url", "http://localhost:1/v1", "--model", "m"]
        with pytest.raises(SystemExit):
            main(["tags", "build", str(captions), "--out", str(tmp_path / "o"), *flags])
        said = capsys.readouterr()
        assert "1234567" not in said.out + said.err and "--tagger chat: expected key" in said.err


KEY = "sk-1234567890-secret"
ECHOES = {
    "refusal": lambda: (401, {}, f"wrong key {KEY}"),
    "JSON, escaped": lambda: (400, {}, json.dumps({"error": {"message": KEY}}).replace("s", "\\u0073")),
    "cut in two": lambda: (400, {}, "." * (160 - len(KEY) // 2) + KEY),
    "moved": lambda: (301, {"Location": f"https://elsewhere/{KEY}"}, ""),
    "no completion": lambda: (200, {}, f"<html>{KEY}"),
    "no HTTP": lambda: lambda handler: handler.wfile.write(f"{KEY}\r\n\r\n".encode()),
    "reason": lambda: lambda handler: handler.wfile.write(f"HTTP/1.1 400 {KEY}\r\n\r\n".encode()),
    "no tags": lambda: f"my key is {KEY}",
    "tags": lambda: json.dumps({"tags": [KEY, "dog"]}),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_a_key_that_a_server_echoes_is_not_shown(serve, tmp_path, monkeypatch, capsys, echo):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server, captions, out = serve(lambda *_: ECHOES[echo]()), tmp_path / "c.jsonl", tmp_path / "o"
    captions.write_text('{"id": 1, "caption": "x"}')
    flags = ["--tagger", "chat", "--base-url", server.url, "--model", "m", "--retries", "0"]
    with suppress(SystemExit):
        main(["tags", "build", str(captions), "--out", str(out), *flags])
    said = capsys.readouterr()
    assert server.seen[0][1] == f"Bearer {KEY}"
    written = "".join(path.read_text() for path in out.glob("*"))
    for part in (KEY, KEY[:9], KEY[-9:]):
        assert part not in said.out + said.err + written


def test_what_one_caption_may_not_ask_is_asked_once(serve, tmp_path):
    refused = (400, {}, '{"error": {"message": "context length exceeded"}}')
    server = serve(lambda caption, times: refused if caption == "x" else well(caption, times))
    given = answers(server, tmp_path, ["x", "y"])
    assert "context length exceeded" in given["x"].error and given["y"].tags
    assert server.asked["x"] == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, {}, "bad key"), "OPENAI_API_KEY"),
        ((404, {}, '{"error": {"message": "no model m"}}'), "no model m.*base_url and model"),
        ((301, {"Location": "https://elsewhere"}, ""), "https://elsewhere"),
    ],
)
def test_a_server_that_refuses_everyone_is_asked_no_more(serve, tmp_path, answer, said):
    server = serve(lambda *_: answer)
    with pytest.raises(ValueError, match=said):
        answers(server, tmp_path, [*map(str, range(50))], concurrency=2)
    time.sleep(0.1)
    assert len(server.seen) <= 4


def test_a_server_that_is_not_there_is_given_up(serve, tmp_path):
    server = serve(well)
    server.shutdown()
    server.server_close()
    given = answers(server, tmp_path, [*map(str, range(80))], retries=0)
    assert len(given) == 80 and all("refused" in answer.error for answer in given.values())
    assert sum(answer.error.startswith("not sent") for answer in given.values()) == 30


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
