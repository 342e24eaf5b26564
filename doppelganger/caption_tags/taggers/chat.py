"""Tags by a language model: ten words for each caption over the five aspects, from any server of chat completions.

Answers are saved as they arrive, so an interrupted run loses nothing, and the next one sends only captions without an
answer. Captions are sent to the given server, and nowhere else.

Source: Zhou et al., Unlocking Strong Supervision, CVPR 2026, arXiv 2603.25767: ten one-word tags for each caption over
five aspects. The wording of the prompt is ours.
"""

import argparse
import json
import os
import queue
import threading
from argparse import Namespace, _ActionsContainer
from collections.abc import Iterator, Sequence
from pathlib import Path

from doppelganger.caption_tags.tag_system import tidy_tag
from doppelganger.caption_tags.taggers import Answer, Tagger
from doppelganger.caption_tags.taggers._json_answer import N_TAGS, tags_of_answer
from doppelganger.caption_tags.taggers._server import ChatServer, Unanswered

_PROMPT = """Below is a description of a recording. Name what one hears in it, in exactly {n} tags.
Each tag is one common English word in lower case, such as would fit many other recordings too. Say the same thing \
always with the same word, and no two things with one.
Between them the tags cover, as far as the description tells: the scene, the sources of sound, the sound events, the \
production traits, and the function or character of the sound.
Answer with JSON alone, in this form: {{"tags": ["first", "second"]}}

Description:
{caption}"""
_LONGEST_BACKOFF_S = 60.0
_PATIENCE_S = 600.0  # the longest Retry-After that is waited for
_GIVE_UP = 50  # failed captions in a row, after which the server counts as down


def configure(parser: _ActionsContainer) -> None:
    parser.add_argument(
        "--base-url", metavar="URL", help="address of the server's API, such as http://localhost:8000/v1"
    )
    parser.add_argument("--model", metavar="NAME", help="the model's name on the server")
    parser.add_argument("--temperature", type=float, metavar="T", help="sampling (the server's own; published: 0.3)")
    parser.add_argument("--concurrency", type=_at_least(int, 1), default=8, metavar="N", help="requests at a time (8)")
    parser.add_argument("--retries", type=_at_least(int, 0), default=5, metavar="N", help="tries after an error (5)")
    parser.add_argument(
        "--timeout",
        type=_at_least(float, 0.001),
        default=60.0,
        metavar="S",
        help="for an answer (60)",
    )


def read(args: Namespace, folder: Path) -> Tagger:
    if not args.base_url or not args.model:
        raise ValueError("expected --base-url and --model, of any server with OpenAI's chat completions")
    key = os.environ.get("OPENAI_API_KEY", "").strip() or None
    server = ChatServer(args.base_url, args.model, key, args.timeout, args.temperature)
    return ChatTagger(server, folder / "answers.jsonl", args.concurrency, args.retries)


class ChatTagger(Tagger):
    """Tags from the answers of a language model.

    Args:
        server: server of the model.
        answers: file for the answers, JSON lines of model, caption and tags.
        concurrency: requests at a time.
        retries: further tries after an error; the wait between them doubles, unless the server sends Retry-After.
        backoff_s: first wait.
    """

    def __init__(
        self, server: ChatServer, answers: Path, concurrency: int = 8, retries: int = 5, backoff_s: float = 1.0
    ):
        self.server, self.answers = server, answers
        self.concurrency, self.retries, self.backoff_s = concurrency, retries, backoff_s

    def __call__(self, captions: Sequence[str]) -> Iterator[Answer]:
        kept = self._kept()
        missing = [caption for caption in captions if caption not in kept]
        yield from (Answer(caption, kept[caption]) for caption in captions if caption in kept)
        self.answers.parent.mkdir(parents=True, exist_ok=True)
        with self.answers.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            if _ends_within_a_line(self.answers):
                file.write("\n")
            in_a_row, left = 0, dict.fromkeys(missing)
            for answer in self._ask_all(missing):
                del left[answer.caption]
                in_a_row = in_a_row + 1 if answer.error else 0
                if not answer.error:
                    row = {"model": self.server.model, "caption": answer.caption, "tags": answer.tags}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    file.flush()
                yield answer
                if in_a_row == _GIVE_UP:
                    reason = f"not sent, as {_GIVE_UP} in a row failed; the last: {answer.error}"
                    yield from (Answer(caption, (), reason) for caption in left)
                    return

    def _kept(self) -> dict[str, tuple[str, ...]]:
        """Earlier answers of this model; an incomplete line of a killed run is ignored."""
        kept = {}
        if self.answers.exists():
            for line in self.answers.read_bytes().split(b"\n"):
                try:
                    row = json.loads(line)
                    if row["model"] == self.server.model:
                        kept[row["caption"]] = tuple(map(tidy_tag, row["tags"]))
                except (ValueError, LookupError, TypeError):
                    continue
        return kept

    def _ask_all(self, captions: Sequence[str]) -> Iterator[Answer]:
        """Answers as they arrive. The threads are daemons: an interrupted run does not wait for them."""
        waiting, answered, stop = queue.SimpleQueue[str](), queue.SimpleQueue[Answer | Exception](), threading.Event()
        for caption in captions:
            waiting.put(caption)

        def work() -> None:
            while not stop.is_set():
                try:
                    answered.put(self._ask(waiting.get_nowait(), stop))
                except queue.Empty:
                    return
                except Exception as error:  # raised where the answers are awaited
                    answered.put(error)
                    return

        try:
            for _ in range(min(self.concurrency, len(captions))):
                threading.Thread(target=work, daemon=True).start()
            for _ in captions:
                if isinstance(answer := answered.get(), Exception):
                    raise answer
                yield answer
        finally:
            stop.set()

    def _ask(self, caption: str, stop: threading.Event) -> Answer:
        prompt = _PROMPT.format(n=N_TAGS, caption=caption)
        attempt = 0
        while True:
            try:
                text = self.server.ask(prompt)
                if tags := tags_of_answer(text):
                    return Answer(caption, tags)
                raise Unanswered(f"expected tags in JSON; got {' '.join(text.split())[:160]!r}")
            except Unanswered as error:
                wait_s = error.wait_s
                if wait_s is None:
                    wait_s = min(self.backoff_s * 2**attempt, _LONGEST_BACKOFF_S)
                elif wait_s > _PATIENCE_S:
                    return Answer(caption, (), f"{error}; the server expects the next request in {wait_s:.0f} s")
                if not error.again or attempt == self.retries or stop.wait(wait_s):
                    return Answer(caption, (), str(error))
            attempt += 1


def _ends_within_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return size > 0 and file.read(1) != b"\n"


def _at_least(kind: type, low: float):
    def number(text: str):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"expected at least {low}; got {text}")
        return value

    return number
