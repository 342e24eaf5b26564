"""Tags in the answer of a language model."""

import json
import re
from typing import Any

from doppelganger.caption_tags.tag_system import tidy_tag

N_TAGS = 10


def tags_of_answer(text: str) -> tuple[str, ...]:
    """The tags in a model's answer, at most ten, without duplicates; none without JSON that holds tags.

    Reasoning and code fences around the JSON are ignored; of several JSON values the last with tags counts. Tags may
    be a list, one text with commas, or a list for each aspect.
    """
    text = re.sub(r"<think>.*?</think>", " ", text, flags=re.DOTALL)
    decoder, found, at = json.JSONDecoder(), (), 0
    while start := re.compile(r"[{\[]").search(text, at):
        try:
            value, at = decoder.raw_decode(text, start.start())
        except ValueError:
            at = start.end()
            continue
        except RecursionError:
            break  # nested too deeply, and so is the rest
        found = tuple(dict.fromkeys(filter(None, map(tidy_tag, _strings(value)))))[:N_TAGS] or found
    return found


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        named = [value[key] for key in ("tags", "labels") if key in value]
        return _strings(named or [part for part in value.values() if isinstance(part, list | dict)])
    if isinstance(value, list):
        return [string for part in value for string in _strings(part)]
    return re.split(r"[,;\n]", value) if isinstance(value, str) else []
