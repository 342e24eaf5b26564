"""Export an encoder: its weights in one or more file formats, and a model card.

safetensors is read by `load_encoder`, evaluate, embed and the adapters; torchscript needs only PyTorch, onnx only
onnxruntime. The card says how to load each, where the encoder comes from and how it scored, according to the given
report or the one that evaluate wrote beside the encoder.

--push uploads the files to the Hugging Face Hub, with the login of `hf auth login`. `load_encoder("user/repo")` and
--encoder user/repo read it from there.

examples:
  python -m doppelganger export --encoder runs/quickstart --out quickstart/
  python -m doppelganger evaluate --encoder runs/quickstart --out scores/
  python -m doppelganger export --encoder runs/quickstart --format safetensors onnx --scores scores/quickstart.json
  python -m doppelganger export --encoder small --change "blocks=[3]" "pooling=[mean, max]" --out smaller/
  python -m doppelganger export --encoder runs/quickstart --license cc-by-4.0 --push user/repo --private
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from doppelganger import hub
from doppelganger.checkpoints import load_encoder
from doppelganger.commands._options import folder_beside
from doppelganger.encoders import Encoder
from doppelganger.export import FORMATS, card
from doppelganger.export.about import about, read_scores
from doppelganger.finding import is_foreign
from synths.command_line.usage import naming, require_folder
from synths.files.plain_data import parse_yaml


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--encoder",
        required=True,
        help="a checkpoint, an exported encoder, a folder with one of them, or user/repo on the Hub",
    )
    parser.add_argument(
        "--format",
        nargs="+",
        default=["safetensors"],
        metavar="FORMAT",
        help=f"{', '.join(FORMATS.names())}, or package.module (safetensors); a card is always written",
    )
    parser.add_argument(
        "--change",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="arguments of the encoder in place of its own, as YAML: dim=null 'blocks=[2, 3]'",
    )
    parser.add_argument(
        "--half", action="store_true", help="weights rounded to half precision: a model.safetensors of half the size"
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="folder of the files (export/ beside the encoder)")
    parser.add_argument(
        "--scores",
        type=Path,
        metavar="JSON",
        help="report of evaluate (the newest one beside the encoder)",
    )
    parser.add_argument(
        "--license",
        metavar="ID",
        help="licence of the weights, by its identifier on the Hub, such as cc-by-4.0 (that of an exported encoder)",
    )
    parser.add_argument("--push", metavar="USER/REPO", help="upload to this repository of the Hugging Face Hub")
    parser.add_argument("--private", action="store_true", help="with --push: a new repository is private")


def run(args: Namespace) -> None:
    folder = args.out or folder_beside(args.encoder) / "export"
    require_folder(folder)
    with naming("--format"):
        formats = {name: FORMATS.find(name) for name in args.format}
    _check_push(args)
    with naming("--change" if args.change else "--encoder"):
        if is_foreign(args.encoder):
            raise ValueError(f"expected an encoder of this project; {args.encoder} is published by other means")
        encoder = load_encoder(args.encoder, _changes(args.change))
    if args.half:
        encoder.half().float()  # rounds the weights; what half precision holds exactly is written so
        _require_finite(encoder)
    scores = None
    if args.scores:
        with naming("--scores", (ValueError, OSError)):
            scores = read_scores(args.scores, encoder)
    facts = about(encoder, args.encoder, scores)
    facts |= {"license": args.license or facts["license"], "repository": args.push}
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, module in formats.items():
        with Console(stderr=True).status(f"Writing {name}"), naming(f"--format {name}", (ValueError, OSError)):
            paths = module.save(encoder, folder, facts)
        (folder / card.CARD).unlink(missing_ok=True)  # whatever ends the command now leaves no card of other files
        written += paths
        for path in paths:
            print(path)
    with naming("--out", OSError):
        written.append(card.write(folder, facts, written))
    print(written[-1])
    for path in (folder / file for file in card.LOADING):
        if path.is_file() and path not in written:
            print(f"{path} is of an earlier export, and is not on the card", file=sys.stderr)
    if args.push:
        with naming("--push", (ValueError, OSError)):
            commit = hub.push(args.push, written, args.private)
        print(f"{hub.endpoint()}/{args.push}, to be loaded as {args.push}@{commit}")


def _check_push(args: Namespace) -> None:
    """Raise ValueError for a push that must fail, before anything is written."""
    if args.private and not args.push:
        raise ValueError("--private: expected --push USER/REPO beside it")
    if args.push:
        hub.client("--push")
        if not hub.is_repository(args.push):
            raise ValueError(f"--push: expected USER/REPO, such as me/my-encoder; got {args.push}")
        if "safetensors" not in args.format:
            raise ValueError("--push: expected safetensors in --format; load_encoder reads no other from the Hub")


def _require_finite(encoder: Encoder) -> None:
    """Raise ValueError for weights that half precision does not hold, such as the variance of loud spectrograms."""
    for name, weights in encoder.state_dict().items():
        if not weights.isfinite().all():
            raise ValueError(
                f"--half: expected weights up to {torch.finfo(torch.half).max:.0f}; {name} has larger ones: export "
                "without --half"
            )


def _changes(given: list[str]) -> dict[str, Any]:
    """Arguments by name.

    Raises:
        ValueError: not NAME=VALUE, or a value that is not YAML.
    """
    for each in given:
        if not each.partition("=")[1]:
            raise ValueError(f"expected NAME=VALUE, such as dim=null; got {each}")
    try:
        return {name: parse_yaml(value) for name, _, value in (each.partition("=") for each in given)}
    except ValueError as error:
        raise ValueError(f"expected values in YAML; got {' '.join(given)} ({error})") from None
