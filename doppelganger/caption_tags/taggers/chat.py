"""Tags by a language model: ten words for each caption over the five aspects, from any server of chat completions.

Answers are saved as they arrive, so an interrupted run loses nothing, and the next one sends only captions without an
answer. Captions are sent to the given server, and nowhere else.

Source: Zhou et al., Unlocking Strong Supervision, CVPR 2026, arXiv 2603.25767: ten one-word tags for each caption over
five aspects. The wording of the prompt is ours.
"""

import argparse
import os
from argparse import Namespace, _ActionsContainer
from pathlib import Path

from doppelganger.caption_tags.taggers import Tagger
from doppelganger.missing_packages import command_for
from synths.command_line.usage import UsageError


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
    try:
        from doppelganger.caption_tags.taggers._chat_tagger import ChatServer, ChatTagger
    except ModuleNotFoundError as error:
        raise UsageError(f"--tagger chat needs openai 3 or newer: {command_for('openai')}") from error
    key = os.environ.get("OPENAI_API_KEY", "").strip() or None
    server = ChatServer(args.base_url, args.model, key, args.timeout, args.temperature, args.retries)
    return ChatTagger(server, folder / "answers.jsonl", args.concurrency)


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
