"""A server of chat completions: one prompt, one answer, and what went wrong.

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

from doppelganger.caption_tags.taggers import _http

_SHORT = 160  # characters of an answer that are quoted
_SECRET = 8  # characters; shorter keys are placeholders, such as "EMPTY", and may be words of an answer


class Unanswered(Exception):
    """No usable answer to one prompt.

    Args:
        reason: error message.
        again: whether to send the prompt again.
        wait_s: seconds to wait before, if the server gave them.
    """

    def __init__(self, reason: str, again: bool = True, wait_s: float | None = None):
        super().__init__(reason)
        self.again, self.wait_s = again, wait_s


@dataclass(frozen=True)
class ChatServer:
    """A model behind any server with OpenAI's chat completions: vLLM, llama.cpp, Ollama, or one far away.

    Args:
        base_url: address of its API, such as http://localhost:8000/v1.
        model: the model's name there.
        key: API key, if the server requires one. It never appears in an error or an answer.
        timeout_s: longest time for one answer, headers included.
        temperature: sampling temperature; the server's own where None.

    Raises:
        ValueError: base_url is no address, or the key has characters that no header can hold.
    """

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout_s: float = 60.0
    temperature: float | None = None

    def __post_init__(self):
        if not self.base_url.startswith(("http://", "https://")) or any(c.isspace() for c in self.base_url):
            raise ValueError(f"base_url: expected an address such as http://localhost:8000/v1; got {self.base_url}")
        if self.key and not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            raise ValueError("expected key as ASCII characters without spaces or line breaks; got others (not shown)")

    def ask(self, prompt: str) -> str:
        """The model's answer.

        Raises:
            Unanswered: no answer, or no chat completion.
            ValueError: a wrong address, key or model, so that no prompt will be answered.
        """
        asked = {"model": self.model, "messages": [{"role": "user", "content": prompt}]}
        if self.temperature is not None:
            asked["temperature"] = self.temperature
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        url = f"{self.base_url.rstrip('/')}/chat/completions"
        request = urllib.request.Request(url, json.dumps(asked).encode(), headers, method="POST")
        try:
            with _http.opener.open(request, timeout=self.timeout_s) as response:
                answer = _http.read(response)
        except urllib.error.HTTPError as error:
            with error:
                refusal = self._refusal(error)
            raise refusal from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, TimeoutError):
                reason = f"no answer within {self.timeout_s:g} s"
            raise Unanswered(self._hide_key(str(reason)) or type(reason).__name__) from None
        try:
            text = json.loads(answer)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError):
            text = None
        if not isinstance(text, str):
            raise Unanswered(f"expected a chat completion; got {self._quote(answer)}")
        return self._hide_key(text)

    def _hide_key(self, text: str) -> str:
        """A text from the server, without the key that it may have echoed."""
        return text.replace(self.key, "***") if self.key and len(self.key) >= _SECRET else text

    def _quote(self, answer: bytes) -> str:
        text = self._hide_key(_message(answer))
        return text if len(text) <= _SHORT else text[:_SHORT] + "..."

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        try:
            said = self._quote(_http.read(error))
        except (OSError, http.client.HTTPException):
            said = ""
        reason = self._hide_key(f"HTTP {error.code} {error.reason}") + (f": {said}" if said else "")
        if error.code in (408, 425, 429) or error.code >= 500:
            return Unanswered(reason, wait_s=_wait_s(error.headers.get("Retry-After")))
        if error.code in (401, 403):
            return ValueError(f"{self.base_url} refuses: {reason}; is key right (on the command line: OPENAI_API_KEY)?")
        if error.code == 404 or 300 <= error.code < 400:
            location = self._hide_key(error.headers.get("Location") or "")
            moved = f" (it points to {location})" if location else ""
            return ValueError(f"{self.base_url} does not answer: {reason}{moved}; are base_url and model right?")
        return Unanswered(reason, again=False)


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


def _message(answer: bytes) -> str:
    try:
        text = str(json.loads(answer)["error"]["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        text = answer.decode("utf-8", "replace")
    return " ".join(text.split())
