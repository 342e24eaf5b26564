"""Find the sounds of a folder that match a description best, with a model trained on pairs of sound and caption.

Similarity is a cosine, from -1 to 1; the embedding of a long sound is the mean over consecutive windows. Words that
are not in the captions of the training are listed and ignored. Files that cannot be read are listed and left out.
To search by a sound in place of words, use the command similar.

examples:
  python -m doppelganger search "a short metallic click" --model runs/supervised-contrastive-text --in sounds/
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import torch
from rich.console import Console
from rich.markup import escape

from doppelganger.commands._models import trained_model
from doppelganger.commands._sounds import embedded
from doppelganger.commands._tables import ranking
from doppelganger.embedding.sound_files import sound_files, text_of
from doppelganger.labels.captions.tokenizer import split
from doppelganger.objectives.contrastive_text import ContrastiveText
from synths.command_line.devices import add_device
from synths.command_line.progress import add_quiet

# Words that describe no sound by themselves.
_STOP_WORDS = set(split("a an and are as at by for from in into is it its of on or that the then to was with . ,"))


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("words", help="description of the sounds")
    parser.add_argument("--model", required=True, help="a checkpoint of supervised/contrastive_text")
    parser.add_argument("--in", required=True, type=Path, dest="folder", metavar="FOLDER", help="folder of sounds")
    parser.add_argument("--top", type=int, default=10, help="number of sounds to show (10)")
    add_device(parser, "model")
    add_quiet(parser)


def run(args: Namespace) -> None:
    if args.top < 1:
        raise ValueError(f"--top: expected at least 1; got {args.top}")
    files = sound_files(args.folder)
    model = trained_model(args.model, ContrastiveText, "supervised/contrastive_text").to(args.device)
    console = Console(stderr=True)
    unknown = model.text.unknown(args.words)
    if not set(split(args.words)) - set(unknown) - _STOP_WORDS:
        raise ValueError(
            f"expected words that describe a sound and are in the captions of the training; got none in: {args.words}"
        )
    if unknown:
        console.print(f"[yellow]unknown words[/]: {escape(', '.join(unknown))}", soft_wrap=True, highlight=False)
    with torch.inference_mode():
        wanted = model.embed_texts([args.words])[0]
    found: list[tuple[float, Path]] = []
    for path, embedding in embedded(model.encoder, files, args.device, console, args.quiet):
        with torch.inference_mode():
            projected = model.project(torch.from_numpy(embedding)[None].to(args.device))[0]
        found.append((float(projected @ wanted), path))
    if not found:
        raise ValueError(f"expected sounds to search; none of {len(files)} below {args.folder} is usable")
    best = sorted(found, key=lambda row: -row[0])[: args.top]
    Console().print(ranking((similarity, text_of(path)) for similarity, path in best))
