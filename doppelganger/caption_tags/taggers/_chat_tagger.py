"""Captions to a language model and back: many requests at a time, and a file of the answers."""

import asyncio
import json
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from doppelganger.caption_tags.tag_system import tidy_tag
from doppelganger.caption_tags.taggers import Answer, Tagger
from doppelganger.caption_tags.taggers._json_answer import N_TAGS, tags_of_answer
from doppelganger.caption_tags.taggers._server import ChatServer, Unanswered, WrongAnswer

_PROMPT = """Below is a description of a recording. Name what one hears in it, in exactly {n} tags.
Each tag is one common English word in lower case, such as would fit many other recordings too. Say the same thing \
always with the same word, and no two things with one.
Between them the tags cover, as far as the description tells: the scene, the sources of sound, the sound events, the \
production traits, and the function or character of the sound.
Answer with JSON alone, in this form: {{"tags": ["first", "second"]}}

Description:
{caption}"""
_GIVE_UP = 50  # failed captions in a row, after which the server counts as down


class ChatTagger(Tagger):
    """Tags from the answers of a language model.

    Args:
        server: server of the model.
        answers: file for the answers, JSON lines of model, caption and tags.
        concurrency: requests at a time.
    """

    def __init__(self, server: ChatServer, answers: Path, concurrency: int = 8):
        self.server, self.answers, self.concurrency = server, answers, concurrency

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
        """Answers as they arrive. The thread is a daemon: an interrupted run does not wait for it."""
        answered, loop = queue.SimpleQueue[Answer | Exception](), asyncio.new_event_loop()
        work = loop.create_task(self._answer_all(captions, answered))

        def run() -> None:
            try:
                loop.run_until_complete(work)
            except asyncio.CancelledError:
                pass
            except Exception as error:  # raised where the answers are awaited
                answered.put(error)
            finally:
                loop.close()

        thread = threading.Thread(target=run, name="chat tagger", daemon=True)
        thread.start()
        try:
            for _ in captions:
                if isinstance(answer := answered.get(), Exception):
                    raise answer
                yield answer
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(work.cancel)
            thread.join(timeout=1)

    async def _answer_all(self, captions: Sequence[str], answered: queue.SimpleQueue) -> None:
        waiting = iter(captions)

        async def answer_some() -> None:
            for caption in waiting:
                answered.put(await self._answer(ask, caption))

        async with self.server.connect() as ask:
            tasks = [asyncio.ensure_future(answer_some()) for _ in range(self.concurrency)]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, ask, caption: str) -> Answer:
        prompt, error = _PROMPT.format(n=N_TAGS, caption=caption), ""
        for _ in range(self.server.retries + 1):
            try:
                text = await ask(prompt)
                if tags := tags_of_answer(text):
                    return Answer(caption, tags)
                error = f"expected tags in JSON; got {' '.join(text.split())[:160]!r}"
            except WrongAnswer as wrong:
                error = str(wrong)
            except Unanswered as failure:
                return Answer(caption, (), str(failure))
        return Answer(caption, (), error)


def _ends_within_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return size > 0 and file.read(1) != b"\n"
