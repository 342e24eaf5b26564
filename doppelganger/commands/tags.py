"""Build a vocabulary of tags from captions, and label their clips with it: the Unified Tag System.

Captions are JSON lines with "file" or "id" (or both) and "caption"; lines of one clip are put together. A tagger
names the tags of each caption; tags are scored by df * log((n + 1) / (df + 1)), where df of n clips have the tag,
and the best --k are kept. Other tags are dropped, then clips without any.

Writes vocabulary.tsv (tag, df and score, best first) and manifest.jsonl (file or id, and tags). With --tagger chat
the answers are kept in answers.jsonl: run the command again, after a stop or with another --k, and only what is
missing is asked. The key for the server is read from OPENAI_API_KEY.

examples:
  python -m doppelganger tags build captions.jsonl --k 1500 --out tags/
  python -m doppelganger tags build captions.jsonl --tagger chat --base-url http://localhost:8000/v1 --model qwen2.5
"""

import json
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from doppelganger.caption_tags.tag_system import ScoredTag, best_tags, keep_known
from doppelganger.caption_tags.taggers import Answer, Tagger, read_tagger, tagger_names

_NAMES = ("file", "id")
_SHOWN = 10

Clip = tuple[tuple[str, str | int], ...]  # what a clip is called: its file, its id, or both


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=["build"], help="what to do")
    parser.add_argument("captions", type=Path, help='JSON lines such as {"file": "a.wav", "caption": "A dog barks."}')
    parser.add_argument("--k", type=int, default=1500, help="tags to keep (1500)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("tags"), help="where files go (%(default)s)")
    parser.add_argument("--tagger", choices=tagger_names(), default="keyword", help="who names the tags (keyword)")
    for name in tagger_names():
        read_tagger(name).configure(parser.add_argument_group(f"of --tagger {name}"))


def run(args: Namespace) -> None:
    if args.k < 1:
        raise ValueError(f"--k: expected at least 1; got {args.k}")
    if args.out.exists() and not args.out.is_dir():
        raise ValueError(f"--out: expected a folder; {args.out} is a file")
    captions = read_captions(args.captions)
    answers = _answers(read_tagger(args.tagger).read(args, args.out), captions)
    tagged = {caption: answer.tags for caption, answer in answers.items() if not answer.error}
    # A clip whose captions got no answer is unknown; one whose captions are empty is known to have no tags.
    tags_of = {
        clip: [tag for text in texts for tag in tagged.get(text, ())]
        for clip, texts in captions.items()
        if not texts or any(text in tagged for text in texts)
    }
    clips, vocabulary = list(tags_of), best_tags(list(tags_of.values()), args.k)
    manifest = [{**dict(clips[i]), "tags": tags} for i, tags in keep_known(tags_of.values(), vocabulary)]
    failed = [answer for answer in answers.values() if answer.error]
    if not manifest:
        _report(failed)
        raise ValueError(f"no tags: --tagger {args.tagger} found none in {len(captions)} clips of {args.captions}")
    args.out.mkdir(parents=True, exist_ok=True)
    rows = [f"{tag.name}\t{tag.df}\t{tag.score:.6g}" for tag in vocabulary]
    _write(args.out / "vocabulary.tsv", ["tag\tdf\tscore", *rows])
    _write(args.out / "manifest.jsonl", [json.dumps(row, ensure_ascii=False) for row in manifest])
    console = Console()
    console.print(_best(vocabulary))
    console.print(f"{len(manifest)} of {len(captions)} clips kept, {len(vocabulary)} tags (--tagger {args.tagger})")
    for name in ("vocabulary.tsv", "manifest.jsonl"):
        console.print(str(args.out / name), soft_wrap=True, highlight=False, markup=False)
    _report(failed)


def read_captions(path: Path) -> dict[Clip, list[str]]:
    """The captions of every clip that a file of JSON lines names, in its order; empty ones are left out.

    Raises:
        OSError: the file cannot be read.
        ValueError: a line is not what it should be (it is named), or there are no lines.
    """
    captions: dict[Clip, list[str]] = {}
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip(b" \t\r\n\xef\xbb\xbf"):
                continue
            try:
                clip, caption = _clip(json.loads(line.decode("utf-8-sig")))
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {_expected(error)}") from None
            texts = captions.setdefault(clip, [])
            if caption.strip():
                texts.append(caption)
    if not captions:
        raise ValueError(f"{path}: expected a line of JSON for each caption; the file is empty")
    return captions


def _clip(row: Any) -> tuple[Clip, str]:
    if not isinstance(row, dict):
        raise ValueError(f"expected an object with file or id, and caption; got {_short(row)}")
    clip = tuple((name, row[name]) for name in _NAMES if name in row)
    if not clip:
        raise ValueError(f"expected file or id; got {', '.join(row) or 'an empty object'}")
    for name, value in clip:
        if not isinstance(value, str | int) or value == "":
            raise ValueError(f"expected text for {name}; got {_short(value)}")
    if not isinstance(caption := row.get("caption"), str):
        raise ValueError(f"expected text for caption; got {_short(caption) if 'caption' in row else ', '.join(row)}")
    return clip, caption


def _expected(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"expected UTF-8; got {error.object[error.start : error.end]!r}"
    return f"expected one JSON object a line; {error}" if isinstance(error, json.JSONDecodeError) else str(error)


def _answers(tagger: Tagger, captions: dict[Clip, list[str]]) -> dict[str, Answer]:
    """The answer to each caption; one that many clips share is asked once."""
    asked = list(dict.fromkeys(text for texts in captions.values() for text in texts))
    bar = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    answers: dict[str, Answer] = {}
    with Progress(*bar, console=Console(stderr=True)) as progress:
        task, n_failed = progress.add_task("Tagging", total=len(asked)), 0
        for answer in tagger(asked):
            answers[answer.caption] = answer
            n_failed += bool(answer.error)
            progress.update(task, advance=1, description=f"Tagging, {n_failed} failed" if n_failed else "Tagging")
    return answers


def _best(vocabulary: Sequence[ScoredTag]) -> Table:
    table = Table(title=f"Best of {len(vocabulary)} tags", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("tag", overflow="fold")
    table.add_column("df", justify="right")
    table.add_column("score", justify="right")
    for tag in vocabulary[:_SHOWN]:
        table.add_row(escape(tag.name), str(tag.df), f"{tag.score:.1f}")
    return table


def _report(failed: Sequence[Answer]) -> None:
    if not failed:
        return
    console = Console(stderr=True)
    told = [f"[yellow]{len(failed)} captions without an answer[/]; the same command asks for them again"]
    for reason, n in Counter(answer.error for answer in failed).most_common(_SHOWN):
        first = next(answer.caption for answer in failed if answer.error == reason)
        told.append(f"  {n} x {escape(reason)}: {escape(_short(first))}{', ...' if n > 1 else ''}")
    console.print("\n".join(told), soft_wrap=True, highlight=False)


def _write(path: Path, lines: Sequence[str]) -> None:
    # Half a surrogate pair is no UTF-8; its escape is JSON.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else text[:60] + "..."
