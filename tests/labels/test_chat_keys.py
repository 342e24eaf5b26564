"""The key of a chat server is checked, and never shown."""

import asyncio
import json
import logging
import traceback
from contextlib import suppress

import pytest

from doppelganger.__main__ import main
from doppelganger.caption_tags.taggers._bounded import edited_logs
from doppelganger.caption_tags.taggers._chat_tagger import ChatServer


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
    "JSON without a message": lambda: (422, {}, json.dumps({"detail": [KEY]}).replace("s", "\\u0073")),
    "no JSON, escaped": lambda: (500, {}, KEY.replace("s", "\\u0073")),
    "waiting": lambda: (429, {"Retry-After": KEY}, ""),
    "cut in two": lambda: (400, {}, "." * (160 - len(KEY) // 2) + KEY),
    "moved": lambda: (301, {"Location": f"https://elsewhere/{KEY}"}, ""),
    "no completion": lambda: (200, {}, f"<html>{KEY}"),
    "no HTTP": lambda: lambda handler: handler.wfile.write(f"{KEY}\r\n\r\n".encode()),
    "reason": lambda: lambda handler: handler.wfile.write(f"HTTP/1.1 400 {KEY}\r\n\r\n".encode()),
    "no tags": lambda: f"my key is {KEY}",
    "tags": lambda: json.dumps({"tags": [KEY, "dog"]}),
    "tags, escaped": lambda: json.dumps({"tags": [KEY, "dog"]}).replace("s", "\\u0073"),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_a_key_that_a_server_echoes_is_not_shown(serve, tmp_path, monkeypatch, capsys, caplog, echo):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level("DEBUG")
    server, captions, out = serve(lambda *_: ECHOES[echo]()), tmp_path / "c.jsonl", tmp_path / "o"
    captions.write_text('{"id": 1, "caption": "x"}')
    flags = ["--tagger", "chat", "--base-url", server.url, "--model", "m", "--retries", "0"]
    with suppress(SystemExit):
        main(["tags", "build", str(captions), "--out", str(out), *flags])
    said = capsys.readouterr()
    assert server.seen[0][1] == f"Bearer {KEY}"
    written = "".join(path.read_text() for path in out.glob("*"))
    assert "receive_response_headers" in caplog.text
    for part in (KEY, KEY[:9], KEY[-9:]):
        assert part not in said.out + said.err + written + caplog.text


@pytest.mark.parametrize("echo", ECHOES)
def test_a_traceback_has_no_key_even_with_its_local_variables(serve, echo):
    server = ChatServer(serve(lambda *_: ECHOES[echo]()).url, "m", KEY, timeout_s=5.0, retries=0)

    async def ask():
        async with server.connect() as ask:
            return await ask("x")

    try:
        assert KEY not in asyncio.run(ask())
    except Exception as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        text = "".join(shown.format())
        assert "_server.py" in text and KEY[:9] not in text and KEY[-9:] not in text
        assert error.__cause__ is None and error.__context__ is None


def test_logs_of_others_are_edited_only_while_a_server_is_asked(caplog):
    caplog.set_level("DEBUG")
    logger = logging.getLogger("httpcore2.http11")
    with edited_logs(str.upper):
        logger.info("a %s", "b")
        logging.getLogger("elsewhere").info("c")
    logger.info("d %s", "e")
    assert caplog.messages == ["A B", "c", "d e"]
