"""HTTP for the client of openai: answers are bounded in time and size, redirects are not followed, keys not logged."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
from openai import DefaultAsyncHttpxClient

_LONGEST = 1 << 20  # bytes of an answer; ten tags need a few hundred
_DECODED = ("content-encoding", "content-length", "transfer-encoding")  # headers of the body as it was sent
_LOGGERS = ("openai._base_client", "openai._legacy_response", "httpx2")
_LOGGERS += tuple(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))


class TooLong(Exception):
    """An answer of more bytes than any caption needs."""


class BoundedClient(DefaultAsyncHttpxClient):
    """A client whose whole exchange has a deadline: httpx's own timeout begins anew with each byte.

    A redirect would take the captions to another host.

    Args:
        timeout_s: longest time for one answer, connection and headers included.
    """

    def __init__(self, timeout_s: float):
        super().__init__(timeout=timeout_s, follow_redirects=False)
        self.timeout_s = timeout_s

    async def send(self, request: httpx2.Request, **options) -> httpx2.Response:
        try:
            return await asyncio.wait_for(self._read(request, **options | {"stream": True}), self.timeout_s)
        except asyncio.TimeoutError:
            raise httpx2.ReadTimeout("timed out", request=request) from None

    async def _read(self, request: httpx2.Request, **options) -> httpx2.Response:
        response = await super().send(request, **options)
        body = b""
        try:
            async for block in response.aiter_bytes():
                body += block
                if len(body) > _LONGEST:
                    raise TooLong(f"an answer of more than {_LONGEST} bytes")
        finally:
            await response.aclose()
        headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _DECODED]
        return httpx2.Response(
            response.status_code, headers=headers, content=body, request=request, extensions=response.extensions
        )


@contextmanager
def edited_logs(edit: Callable[[str], str]) -> Iterator[None]:
    """Edit what the client and httpx log: status lines, headers and errors of a server, as they arrive."""

    def replace(record: logging.LogRecord) -> bool:
        record.msg, record.args, record.exc_info = edit(record.getMessage()), None, None
        return True

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    try:
        for logger in loggers:
            logger.addFilter(replace)
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(replace)
