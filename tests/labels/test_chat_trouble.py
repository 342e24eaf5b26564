"""A language model behind a server that answers badly, late or not at all."""

import email.utils
import time

import pytest

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
    assert "the next request in 86400 s" in answers(server, tmp_path, ["x"])["x"].error
    assert server.asked["x"] == 1


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
