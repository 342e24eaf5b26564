"""Probe an encoder for the synthesis parameters of synthetic sounds.

Writes three figures and causes.json: how well a linear probe predicts each parameter of a synth, how well it
predicts pitch and intensity of held notes, and the distance between two views of one theta as delta grows.
Needs no data.

examples:
  python -m doppelganger explore --encoder runs/quickstart
  python -m doppelganger explore --encoder log-mel --synth drum --sounds 1000 --out log-mel/
"""

import json
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path

from rich.console import Console

from doppelganger.commands._options import folder_beside
from doppelganger.evaluation import parameter_plots, parameter_probes
from doppelganger.finding import find_encoder
from synths import AudioSynth, files, provenance
from synths.command_line.devices import add_device
from synths.command_line.progress import add_quiet, bars
from synths.command_line.usage import naming, require_folder
from synths.finding import find

_PAIRS_PER_SOUND = 0.1  # pairs per delta, relative to the sounds of the probe


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--encoder", default="small", help="as in evaluate (%(default)s)")
    parser.add_argument("--synth", default="voice", help="short name, as `python -m synths list` shows it (voice)")
    parser.add_argument("--sounds", type=int, default=4000, help="number of sounds for the probes (4000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sounds (0)")
    add_device(parser, "encoder")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="folder of the figures (causes/ beside the encoder)")
    add_quiet(parser)


def run(args: Namespace) -> None:
    least = parameter_probes.LEAST_SOUNDS
    if args.sounds < least:
        raise ValueError(f"--sounds: expected at least {least}, half to train on and half to test; got {args.sounds}")
    folder = args.out or folder_beside(args.encoder) / "causes"
    require_folder(folder)
    with naming("--encoder", (ValueError, OSError)):
        encoder = find_encoder(args.encoder).to(args.device)
    seconds = min(encoder.window_s, 1.0) if encoder.removes_padding else encoder.window_s
    settings = {"sample_rate": encoder.sample_rate, "seconds": seconds}
    with naming("--synth"):
        synth = find(args.synth, AudioSynth)(**settings)
    n_pairs = max(round(_PAIRS_PER_SOUND * args.sounds), 32)
    with bars(args.quiet) as progress:
        bar = progress.add_task("embedding", total=2 * args.sounds + 2 * n_pairs * len(parameter_probes.DELTAS))
        embed = parameter_probes.embedder(encoder, args.device, partial(progress.advance, bar))
        figures = {
            "parameters": parameter_probes.parameter_probe(embed, synth, args.sounds, args.seed),
            "notes": parameter_probes.pitch_and_intensity(embed, encoder.sample_rate, args.sounds, args.seed),
            "distances": parameter_probes.distances(embed, synth, n_pairs, args.seed),
        }
    folder.mkdir(parents=True, exist_ok=True)
    config = {"encoder": args.encoder, "synth": args.synth, "sounds": args.sounds, "pairs": n_pairs}
    record = provenance.record(config, args.seed, figures, args.device)
    paths = [folder / "causes.json"]
    files.write(paths[0], json.dumps(record, indent=2) + "\n")
    for name, draw in (
        ("parameters", parameter_plots.parameters),
        ("notes", parameter_plots.notes),
        ("distances", parameter_plots.distances),
    ):
        paths.append(folder / f"{name}.png")
        with files.replacing(paths[-1]) as temporary:
            draw(figures[name]).savefig(temporary, dpi=150, format="png")
    console = Console()
    console.print(parameter_plots.summary(figures))
    left_out = sum(parameter.low < parameter.high for parameter in synth.space) - len(figures["parameters"])
    if left_out:
        console.print(f"{left_out} parameters are left out: fewer than {least} sounds have them. Raise --sounds.")
    for path in paths:
        print(path)
