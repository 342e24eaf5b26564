"""Build a vocabulary of tags from captions, and label their clips with it: the Unified Tag System.

Captions are JSON lines with "file" or "id" (or both) and "caption"; lines of the same clip are joined. A tagger finds
the tags of each caption; tags are scored by df * log((n + 1) / (df + 1)), where df of n clips have the tag, and the
best --k are kept. Other tags are dropped, then clips without any.

Writes vocabulary.tsv (tag, df and score, best first) and manifest.jsonl (file or id, and tags). With --tagger chat
the answers are kept in answers.jsonl: run the command again, after a stop or with another --k, and only captions
without an answer are sent. The API key is read from OPENAI_API_KEY.

examples:
  python -m doppelganger tags build captions.jsonl --k 1500 --out tags/
  python -m doppelganger tags build captions.jsonl --tagger chat --base-url http://localhost:8000/v1 --model qwen2.5
"""

import json
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from doppelganger.caption_tags.tag_system import ScoredTag, best_tags, keep_known
from doppelganger.caption_tags.taggers import TAGGERS, Answer, Tagger
from synths import files
from synths.command_line.progress import add_quiet, bars
from synths.command_line.usage import UsageError, naming, require_folder

_NAMES = ("file", "id")
_SHOWN = 10

Clip = tuple[tuple[str, str | int], ...]  # identifies a clip: its file, its id, or both


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=["build"], help="what to do")
    parser.add_argument("captions", type=Path, help='JSON lines such as {"file": "a.wav", "caption": "A dog barks."}')
    parser.add_argument("--k", type=int, default=1500, help="tags to keep (1500)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("tags"), help="where files go (%(default)s)")
    names = ", ".join(TAGGERS.names())
    parser.add_argument("--tagger", metavar="NAME", default="keyword", help=f"{names}, or package.module (keyword)")
    add_quiet(parser)
    for name, tagger in TAGGERS.every(on_broken=lambda _: None).items():  # named when it is chosen
        # Two plug-ins may declare the same flag, or fail in another way: then this one takes no flags.
        with suppress(Exception):
            tagger.configure(parser.add_argument_group(f"--tagger {name}"))


def run(args: Namespace) -> None:
    if args.k < 1:
        raise ValueError(f"--k: expected at least 1; got {args.k}")
    require_folder(args.out)
    captions = read_captions(args.captions)
    with naming(f"--tagger {args.tagger}"):
        answers = _answers(_tagger(args), captions, args.quiet)
    tagged = {caption: answer.tags for caption, answer in answers.items() if not answer.error}
    # A clip whose captions got no answer is left out of n; one with empty captions counts as a clip without tags.
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
        raise ValueError(
            f"expected tags; --tagger {args.tagger} found none in {len(captions)} clips of {args.captions}"
        )
    args.out.mkdir(parents=True, exist_ok=True)
    rows = [f"{tag.name}\t{tag.df}\t{tag.score:.6g}" for tag in vocabulary]
    _write(args.out / "vocabulary.tsv", ["tag\tdf\tscore", *rows])
    _write(args.out / "manifest.jsonl", [json.dumps(row, ensure_ascii=False) for row in manifest])
    console = Console()
    console.print(_best(vocabulary))
    console.print(f"{len(manifest)} of {len(captions)} clips kept, {len(vocabulary)} tags (--tagger {args.tagger})")
    for name in ("vocabulary.tsv", "manifest.jsonl"):
        print(args.out / name)
    _report(failed)


def _tagger(args: Namespace) -> Tagger:
    """The tagger of the arguments; flags of its own that were not declared have their defaults."""
    module = TAGGERS.find(args.tagger)
    try:
        module.configure(own := ArgumentParser(add_help=False))
        return module.read(Namespace(**{**vars(own.parse_args([])), **vars(args)}), args.out)
    except (UsageError, ValueError, OSError):
        raise
    except Exception as error:  # a plug-in may raise anything
        raise ValueError(f"{type(error).__name__}: {error}") from error


def read_captions(path: Path) -> dict[Clip, list[str]]:
    """The captions of every clip in a file of JSON lines, in its order, without empty ones.

    Raises:
        OSError: the file cannot be read.
        ValueError: a malformed line (its number is given), or no lines.
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


def _answers(tagger: Tagger, captions: dict[Clip, list[str]], quiet: bool) -> dict[str, Answer]:
    """The answer to each distinct caption."""
    distinct = list(dict.fromkeys(text for texts in captions.values() for text in texts))
    answers: dict[str, Answer] = {}
    with bars(quiet) as progress:
        task, n_failed = progress.add_task("Tagging", total=len(distinct)), 0
        for answer in tagger(distinct):
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
    lines = [f"[yellow]{len(failed)} captions without an answer[/]; the same command tries them again"]
    for reason, n in Counter(answer.error for answer in failed).most_common(_SHOWN):
        first = next(answer.caption for answer in failed if answer.error == reason)
        lines.append(f"  {n} x {escape(reason)}: {escape(_short(first))}{', ...' if n > 1 else ''}")
    console.print("\n".join(lines), soft_wrap=True, highlight=False)


def _write(path: Path, lines: Sequence[str]) -> None:
    files.write(path, "".join(f"{line}\n" for line in lines))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else text[:60] + "..."
