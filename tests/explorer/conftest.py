import http.client
import json
import threading
from urllib.parse import urlencode

import numpy as np
import pytest
import soundfile

from doppelganger.explorer.api import Api
from doppelganger.explorer.server import Server
from tests.explorer.browser import TIMEOUT_MS, VOICE, ready


class Client:
    """Requests to a server; paths with parameters as keywords, `set_` for several of one name."""

    def __init__(self, server: Server):
        self.server = server
        self.port = server.server_address[1]

    def request(self, method, path, body=None, headers=None, query=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path + ("?" + urlencode(query) if query else ""), body, headers or {})
        response = connection.getresponse()
        response.body = response.read()
        connection.close()
        return response

    def get(self, path, query=(), **headers):
        return self.request("GET", path, None, headers, query)

    def json(self, path, query=()):
        response = self.get(path, query)
        assert response.status == 200, response.body
        return json.loads(response.body)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    for hz in (200, 210, 3000):
        soundfile.write(folder / f"{hz}.wav", np.sin(2 * np.pi * hz / 16000 * np.arange(16000)) / 2, 16000)
    (folder / "broken.wav").write_bytes(b"no sound")
    with Server(Api("log-mel", folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="session")
def client(server):
    return Client(server)


@pytest.fixture
def open_page(browser, server):
    """Opens a link of the page, and checks at the end that the console stayed empty and all requests were ours.

    With `refusals`, the server may refuse what it is sent, which the browser notes in the console.
    """
    problems, contexts = [], []

    def open_(link=VOICE, width=1280, scheme="light", refusals=False):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        refused = "the server responded with a status of 400"
        page.on("console", lambda message: (refusals and refused in message.text) or problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: request.url.startswith(server.url) or problems.append(request.url))
        page.goto(server.url + link)
        if "tab=" not in link:
            ready(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []
