"""A server of chat completions that answers as a test tells it."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from doppelganger.caption_tags.taggers._chat_tagger import ChatServer, ChatTagger


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


def well(caption, _):
    return json.dumps({"tags": [f"tag{word}" for word in caption.split()]})


def answers(server, tmp_path, captions, **options):
    concurrency = options.pop("concurrency", 4)
    chat = ChatServer(server.url, "m", **{"timeout_s": 5.0, "retries": 2} | options)
    return {answer.caption: answer for answer in ChatTagger(chat, tmp_path / "answers.jsonl", concurrency)(captions)}


def close(handler):
    handler.connection.close()


def half(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')


def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(60):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


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
