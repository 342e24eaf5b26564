"""A language model behind a server that answers badly, late or not at all."""

import email.utils
import gzip
import threading
import time

import pytest

from doppelganger.caption_tags.taggers._chat_tagger import ChatServer, ChatTagger
from tests.labels.chat_server import answers, close, drip, drip_headers, flood, half, well

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
    assert "Retry-After: 86400" in answers(server, tmp_path, ["x"])["x"].error
    assert server.asked["x"] == 1


@pytest.mark.parametrize("late", ["nothing", "drip"])
def test_a_server_that_is_too_slow_is_asked_again(serve, tmp_path, late):
    def behave(caption, times):
        if times > 1:
            return well(caption, times)
        if late == "drip":
            return drip
        time.sleep(3)
        return well(caption, times)

    server = serve(behave)
    started = time.monotonic()
    assert answers(server, tmp_path, ["x"], timeout_s=0.3)["x"].tags == ("tagx",)
    assert server.asked["x"] == 2 and time.monotonic() - started < 2.5


def test_an_answer_without_end_is_cut_off(serve, tmp_path):
    server = serve(lambda caption, times: flood if caption == "x" else well(caption, times))
    server.flooded = 0
    given = answers(server, tmp_path, ["x", "y"], retries=0, timeout_s=10.0)
    assert "more than 1048576 bytes" in given["x"].error and given["y"].tags == ("tagy",)
    assert server.flooded < 64 << 20  # buffers of the sockets included


def test_an_answer_that_unpacks_without_end_is_cut_off(serve, tmp_path):
    packed = gzip.compress(bytes(64 << 20)).hex()

    def bomb(handler):
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(packed) // 2))
        handler.end_headers()
        handler.wfile.write(bytes.fromhex(packed))

    given = answers(serve(lambda *_: bomb), tmp_path, ["x"], retries=0)
    assert "more than 1048576 bytes" in given["x"].error


def test_headers_without_end_are_cut_off(serve, tmp_path):
    server = serve(lambda *_: drip_headers)
    started = time.monotonic()
    given = answers(server, tmp_path, ["x"], retries=0, timeout_s=0.3)
    assert "no answer within 0.3 s" in given["x"].error and time.monotonic() - started < 3


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


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_that_is_not_there_is_given_up(serve, tmp_path, host):
    server = serve(well)
    server.url = server.url.replace("127.0.0.1", host)
    server.shutdown()
    server.server_close()
    given = answers(server, tmp_path, [*map(str, range(80))], retries=0)
    assert len(given) == 80 and all("refused" in answer.error for answer in given.values())
    assert sum(answer.error.startswith("not sent") for answer in given.values()) == 30


def test_a_host_that_is_not_there_is_named(serve, tmp_path):
    server = serve(well)
    server.url = "http://host.invalid/v1"
    assert "known" in answers(server, tmp_path, ["x"], retries=0)["x"].error


def test_a_run_that_ends_early_asks_no_more_and_leaves_no_thread(serve, tmp_path):
    gate = threading.Event()
    server = serve(lambda caption, times: well(caption, times) if caption == "0" or gate.wait(5) else "")
    chat = ChatServer(server.url, "m", timeout_s=20.0, retries=0)
    run = ChatTagger(chat, tmp_path / "answers.jsonl", concurrency=2)([*map(str, range(9))])
    assert next(run).caption == "0"  # type: ignore[union-attr]
    started = time.monotonic()
    run.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 1
    assert not [thread for thread in threading.enumerate() if thread.name == "chat tagger"]
    gate.set()
    assert set(server.asked) <= {"0", "1", "2"}
