"""Write captions of sound files, with a model trained on captions.

A sound longer than the model's window gets a caption for each window, with its start.

examples:
  python -m doppelganger caption bell.wav --model runs/supervised-captioning
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import torch

from doppelganger.commands._models import trained_model
from doppelganger.embedding.audio import UnusableClip, read_blocks
from doppelganger.embedding.sound_files import text_of
from doppelganger.embedding.windows import windows_of
from doppelganger.objectives.captioner import Captioner
from synths.command_line.devices import add_device


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="sound files")
    parser.add_argument(
        "--model", required=True, help="a checkpoint of a training on captions, such as supervised/captioning"
    )
    add_device(parser, "model")


def run(args: Namespace) -> None:
    model = trained_model(args.model, Captioner, "supervised/captioning").to(args.device)
    for path in args.files:
        try:
            captions = captions_of(model, path, args.device)
        except UnusableClip as error:
            raise UnusableClip(f"{text_of(path)}: {error}") from None
        print(f"{text_of(path)}:")
        for start_s, caption in captions:
            print(f"{start_s:8.2f} s  {caption}")


def captions_of(model: Captioner, path: Path, device: str = "cpu") -> list[tuple[float, str]]:
    """Captions of a file's windows, each with its start in s; the last window ends with the sound.

    Raises:
        UnusableClip: see `read_blocks`.
    """
    encoder = model.encoder
    blocks = list(read_blocks(path, encoder.sample_rate))
    captions = []
    for windows in windows_of(blocks, encoder.window):
        captions += model.caption(torch.from_numpy(windows).to(device))
    # window_s may be no whole number of samples: over hours, the difference would add up.
    last = max(sum(map(len, blocks)) - encoder.window, 0)
    return [(min(i * encoder.window, last) / encoder.sample_rate, caption) for i, caption in enumerate(captions)]
