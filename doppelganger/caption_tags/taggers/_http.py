"""Requests over HTTP whose answers are bounded in time and size."""

import http.client
import io
import ssl
import time
import urllib.request

_BLOCK = 1 << 16  # bytes
_LONGEST = 1 << 20  # bytes of an answer; ten tags need a few hundred


class TooLong(OSError):
    """An answer of more bytes than any caption needs."""


def read(response) -> bytes:
    """The body of a response.

    Raises:
        TooLong: it has more than 1 MiB.
        TimeoutError: headers and body together take longer than the timeout of the connection.
        http.client.IncompleteRead: the connection was closed too early.
    """
    body = b""
    while block := response.read1(_BLOCK):
        body += block
        if len(body) > _LONGEST:
            raise TooLong(f"an answer of more than {_LONGEST} bytes")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return body


class _Bounded(io.RawIOBase):
    """What arrives at a socket until the deadline. (A socket's own timeout begins anew with each byte.)"""

    def __init__(self, sock, raw):
        self.sock, self.raw, self.until = sock, raw, time.monotonic() + sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int | None:
        left_s = self.until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        self.sock.settimeout(left_s)
        return self.raw.readinto(buffer)

    def close(self) -> None:
        self.raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock, *args, **kwargs):
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Bounded(sock, self.fp.detach()))


class _Connection(http.client.HTTPConnection):
    response_class = _Response


class _SecureConnection(http.client.HTTPSConnection):
    response_class = _Response


class _Handler(urllib.request.HTTPHandler):
    def http_open(self, req):
        return self.do_open(_Connection, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def https_open(self, req):
        return self.do_open(_SecureConnection, req, context=ssl.create_default_context())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn the request into a GET, and take the key to another host."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        return None


# A request's timeout must be a number: `_Bounded` counts from it.
opener = urllib.request.build_opener(_Handler, _SecureHandler, _NoRedirects)
