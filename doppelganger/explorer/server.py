"""The server of the page: files of this package and the answers of the API, on one address of this machine.

Protected against other pages in the same browser: a Host header that is neither an address nor the server's own name
is refused (DNS rebinding), so are requests that another site makes, and no page may frame this one or read from it.
Uploads carry a header that no other site can send, and are bounded in size.
"""

import ipaddress
import json
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from doppelganger.explorer.api import Answer, Api
from doppelganger.explorer.state import MOST_VALUES
from doppelganger.explorer.uploads import MOST_BYTES

UPLOAD_HEADER = "X-Doppelganger-Upload"  # a browser asks before it sends this to another site, and gets no answer

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Server(ThreadingHTTPServer):
    """The page's server.

    Args:
        api: the answers.
        host: address or name to bind to.
        port: port to bind to; 0 takes a free one.
    """

    daemon_threads = True

    def __init__(self, api: Api, host: str = "127.0.0.1", port: int = 0):
        self.api, self.host = api, host
        super().__init__((host, port), _Handler)

    @cached_property
    def url(self) -> str:
        """Address of the page."""
        return f"http://{self.host}:{self.server_address[1]}/"

    def is_own(self, host: str) -> bool:
        """Whether a Host header is an IP address, localhost or the name that the server was given."""
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        if port != self.server_address[1]:
            return False
        return name in ("localhost", self.host.lower()) or _is_address(name)


class _NoSuchPage(Exception):
    """The path is of no file of the page."""


class _Handler(BaseHTTPRequestHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "doppelganger-explorer", ""
    timeout = 60
    disable_nagle_algorithm, wbufsize = True, -1  # headers and body leave at once

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path in self.server.api.routes:
            self._answer(lambda: self.server.api.routes[path](_parsed(query)))
        else:
            self._answer(lambda: _file("page.html" if path == "/" else path.removeprefix("/")))

    def do_POST(self) -> None:
        self.close_connection = True  # what is not read would be taken for the next request
        path, _, query = self.path.partition("?")
        make, length = self.server.api.uploads.get(path), self.headers.get("Content-Length", "")
        origin = self.headers.get("Origin")
        if not self.headers.get(UPLOAD_HEADER) or origin not in (None, f"http://{self.headers.get('Host')}"):
            self._refuse(HTTPStatus.FORBIDDEN, "expected an upload of the server's own page")
        elif make is None:
            self._refuse(HTTPStatus.NOT_FOUND, "no such page")
        elif not length.isdecimal() or len(length) > 18:
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "expected Content-Length")
        elif int(length) > MOST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected a file of at most {MOST_BYTES >> 20} MB")
        else:
            self._answer(lambda: make(_parsed(query), self.rfile.read(int(length))))

    def _answer(self, make: Callable[[], Answer]) -> None:
        if not self.server.is_own(self.headers.get("Host", "")):
            return self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "expected the server's own address as Host")
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and self.path.startswith("/api/"):
            return self._refuse(HTTPStatus.FORBIDDEN, "expected a request of the server's own page")
        try:
            self._send(HTTPStatus.OK, make())
        except _NoSuchPage:
            self._refuse(HTTPStatus.NOT_FOUND, "no such page")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except (ValueError, OSError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        except Exception as error:  # a synth or an encoder of another package raises anything
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}: {error}")
            raise

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self._send(status, Answer(json.dumps({"error": message}).encode()))

    def _send(self, status: HTTPStatus, answer: Answer) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        text = answer.media_type.startswith("text/")
        self.send_header("Content-Type", answer.media_type + ("; charset=utf-8" if text else ""))
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.file_name:
            self.send_header("Content-Disposition", f'inline; filename="{answer.file_name}"')
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _parsed(query: str) -> dict[str, list[str]]:
    return parse_qs(query, keep_blank_values=True, max_num_fields=MOST_VALUES + 100)


def _file(name: str) -> Answer:
    """A file of the page, by its plain name."""
    stem, _, suffix = name.rpartition(".")
    path = files("doppelganger.explorer") / "page" / name
    if suffix not in _TYPES or not stem.replace("_", "").isalnum() or not path.is_file():
        raise _NoSuchPage
    return Answer(path.read_bytes(), _TYPES[suffix])


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
