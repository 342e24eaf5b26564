"""A server of chat completions: one question, one answer, and what went wrong.

Source: OpenAI API reference, "Create chat completion"; RFC 9110, section 10.2.3, Retry-After.
"""

import email.utils
import http.client
import json
import math
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

_SHORT = 160  # characters of a server's words that are quoted
_BLOCK = 1 << 16  # bytes


class Unanswered(Exception):
    """No usable answer to one question.

    Args:
        reason: in words.
        again: whether it is worth asking again.
        wait_s: how long the server wants to be left alone, if it said so.
    """

    def __init__(self, reason: str, again: bool = True, wait_s: float | None = None):
        super().__init__(reason)
        self.again, self.wait_s = again, wait_s


@dataclass(frozen=True)
class ChatServer:
    """A model behind any server with OpenAI's chat completions: vLLM, llama.cpp, Ollama, or one far away.

    Args:
        base_url: where its API begins, such as http://localhost:8000/v1.
        model: the model's name there.
        key: what it asks for, if anything.
        timeout_s: for one answer, from first to last byte.
        temperature: of sampling; the server's own where None.

    Raises:
        ValueError: base_url is no address.
    """

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout_s: float = 60.0
    temperature: float | None = None

    def __post_init__(self):
        if not self.base_url.startswith(("http://", "https://")) or any(c.isspace() for c in self.base_url):
            raise ValueError(f"--base-url: expected an address such as http://localhost:8000/v1; got {self.base_url}")

    def ask(self, question: str) -> str:
        """The model's answer.

        Raises:
            Unanswered: there is none, or it is no chat completion.
            ValueError: the server will answer no question at all: a wrong address, key or model.
        """
        asked = {"model": self.model, "messages": [{"role": "user", "content": question}]}
        if self.temperature is not None:
            asked["temperature"] = self.temperature
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        url = f"{self.base_url.rstrip('/')}/chat/completions"
        request = urllib.request.Request(url, json.dumps(asked).encode(), headers, method="POST")
        until = time.monotonic() + self.timeout_s
        try:
            with _opener.open(request, timeout=self.timeout_s) as response:
                answer = _read(response, until)
        except urllib.error.HTTPError as error:
            with error:
                refusal = self._refusal(error, until)
            raise refusal from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, TimeoutError):
                reason = f"no answer within {self.timeout_s:g} s"
            raise Unanswered(str(reason) or type(reason).__name__) from None
        try:
            text = json.loads(answer)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError):
            text = None
        if not isinstance(text, str):
            raise Unanswered(f"expected a chat completion; got {_short(answer)}")
        return text

    def _refusal(self, error: urllib.error.HTTPError, until: float) -> Exception:
        try:
            said = _short(_read(error, until))
        except (OSError, http.client.HTTPException):
            said = ""
        reason = f"HTTP {error.code} {error.reason}" + (f": {said}" if said else "")
        if error.code in (408, 425, 429) or error.code >= 500:
            return Unanswered(reason, wait_s=_wait_s(error.headers.get("Retry-After")))
        if error.code in (401, 403):
            return ValueError(f"{self.base_url} refuses: {reason}; is the key in OPENAI_API_KEY right?")
        if error.code == 404 or 300 <= error.code < 400:
            moved = f" (it points to {error.headers['Location']})" if error.headers.get("Location") else ""
            return ValueError(f"nothing answers there: {reason}{moved}; are --base-url and --model right?")
        return Unanswered(reason, again=False)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn the question into a GET, and take the key to another host."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def _read(response, until: float) -> bytes:
    # The socket's timeout is for one block: a server that drips would never meet it.
    blocks = []
    while block := response.read1(_BLOCK):
        blocks.append(block)
        if time.monotonic() > until:
            raise TimeoutError
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(blocks)


def _wait_s(retry_after: str | None) -> float | None:
    """Seconds to wait, of a Retry-After in seconds or as a date."""
    if retry_after is None:
        return None
    try:
        wait_s = float(retry_after)
    except ValueError:
        try:
            wait_s = email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time()
        except ValueError:
            return None
    return max(wait_s, 0.0) if math.isfinite(wait_s) else None


def _short(answer: bytes) -> str:
    try:
        text = str(json.loads(answer)["error"]["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        text = answer.decode("utf-8", "replace")
    text = " ".join(text.split())
    return text if len(text) <= _SHORT else text[:_SHORT] + "..."
