"""A server of chat completions: one prompt, one answer, and what went wrong.

Source: OpenAI API reference, "Create chat completion".
"""

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import openai

from doppelganger.caption_tags.taggers._bounded import BoundedClient, TooLong, edited_logs

_SHORT = 160  # characters of an answer that are quoted
_SECRET = 8  # characters; shorter keys are placeholders, such as "EMPTY", and may be words of an answer
_ESCAPE = re.compile(r"\\(?:u00([0-7][0-9a-f])|([^u]))", re.IGNORECASE)  # of an ASCII character in JSON


class Unanswered(Exception):
    """No usable answer to one prompt, after all retries."""


class WrongAnswer(Exception):
    """An answer that is no chat completion; the next one may be."""


@dataclass(frozen=True)
class ChatServer:
    """A model behind any server with OpenAI's chat completions: vLLM, llama.cpp, Ollama, or one far away.

    Args:
        base_url: address of its API, such as http://localhost:8000/v1.
        model: the model's name there.
        key: API key, if the server requires one. It never appears in an error, an answer or a log.
        timeout_s: longest time for one answer, headers included.
        temperature: sampling temperature; the server's own where None.
        retries: further tries after an error; the wait between them is the client's, or the server's Retry-After.

    Raises:
        ValueError: base_url is no address, or the key has characters that no header can hold.
    """

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout_s: float = 60.0
    temperature: float | None = None
    retries: int = 5

    def __post_init__(self):
        try:
            is_address = httpx2.URL(self.base_url).scheme in ("http", "https") and httpx2.URL(self.base_url).host
        except httpx2.InvalidURL:
            is_address = False
        if not is_address or any(c.isspace() for c in self.base_url):
            raise ValueError(f"base_url: expected an address such as http://localhost:8000/v1; got {self.base_url}")
        if self.key and not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            raise ValueError("expected key as ASCII characters without spaces or line breaks; got others (not shown)")

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
        """A function from a prompt to the model's answer. It raises

        Unanswered: no answer.
        WrongAnswer: no chat completion.
        ValueError: a wrong address, key or model, so that no prompt will be answered.
        """
        http = BoundedClient(self.timeout_s)
        temperature = openai.omit if self.temperature is None else self.temperature
        with edited_logs(self._hide_key):
            # Without a key the client would look for other credentials; "EMPTY" is what vLLM's pages use.
            async with openai.AsyncOpenAI(
                api_key=self.key or "EMPTY", base_url=self.base_url, max_retries=self.retries, http_client=http
            ) as client:
                create = client.chat.completions.with_raw_response.create

                async def ask(prompt: str) -> str:
                    try:
                        reply = await create(
                            model=self.model, messages=[{"role": "user", "content": prompt}], temperature=temperature
                        )
                    except (openai.OpenAIError, TooLong) as error:
                        failure = self._failure(error)
                    else:
                        return self._text(reply)
                    raise failure  # outside of the handler: its traceback has nothing of the client's

                yield ask

    def _text(self, reply) -> str:
        try:
            text = reply.parse().choices[0].message.content
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
            text = None
        if not isinstance(text, str):
            raise WrongAnswer(f"expected a chat completion; got {self._quote(reply.text)}")
        return self._hide_key(text)

    def _hide_key(self, text: str) -> str:
        """A text from the server, without the key that it may have echoed."""
        if not self.key or len(self.key) < _SECRET:
            return text
        text = text.replace(self.key, "***")
        plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], text)
        return plain.replace(self.key, "***") if self.key in plain else text

    def _quote(self, text: str) -> str:
        text = self._hide_key(" ".join(text.split()))
        return text if len(text) <= _SHORT else text[:_SHORT] + "..."

    def _failure(self, error: Exception) -> Exception:
        if isinstance(error, openai.APITimeoutError):
            return Unanswered(f"no answer within {self.timeout_s:g} s")
        if not isinstance(error, openai.APIStatusError):
            return Unanswered(self._hide_key(_first_cause(error)))
        code, headers = error.status_code, error.response.headers
        said = self._quote(_message(error.body))
        reason = self._hide_key(f"HTTP {code} {error.response.reason_phrase}") + (f": {said}" if said else "")
        if code in (401, 403):
            return ValueError(f"{self.base_url} refuses: {reason}; is key right (on the command line: OPENAI_API_KEY)?")
        if code == 404 or 300 <= code < 400:
            moved = f" (it points to {self._hide_key(headers['Location'])})" if "Location" in headers else ""
            return ValueError(f"{self.base_url} does not answer: {reason}{moved}; are base_url and model right?")
        after = f" (Retry-After: {self._hide_key(headers['Retry-After'])})" if "Retry-After" in headers else ""
        return Unanswered(reason + after)


def _message(body: object) -> str:
    """The message in the body of an error, or all of it."""
    if isinstance(body, dict):
        body = body.get("error", body)
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        body = body["message"]
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def _first_cause(error: BaseException) -> str:
    """The cause at the end of the chain, such as "Connection refused"; the client says "Connection error"."""
    while cause := (getattr(error, "exceptions", ()) or [error.__cause__ or error.__context__])[-1]:
        error = cause
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
