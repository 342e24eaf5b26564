"""What match writes: a sound, a preset and a page."""

import json
import math
from argparse import Namespace
from shlex import quote

from torch import Tensor

from synths import files
from synths.command_line.usage import exiting_on_sigterm, naming
from synths.files import encoding
from synths.matching import Match, pitch_of
from synths.matching.page import Page
from synths.matching.target import Target
from synths.synth import AudioSynth


def write(args: Namespace, name: str, synth: AudioSynth, target: Target, pitch: float, found: Match) -> None:
    """Write the files of args.out, once all of them are made. Arguments as in `run`."""
    sound = (found.sound[0] * found.gain[0]).cpu()
    aligned = sound * 10 ** (-target.gain_db / 20)
    aligned = aligned / aligned.abs().max().clamp_min(1)
    label = _label(args, name, synth, target, found)
    label |= {"gain_db": _gain_db(aligned, found.sound[0].cpu())}
    with naming(f"match {args.target}"):
        wav = encoding.encode(aligned, synth.sample_rate, "wav")
    there = pitch_of(sound, synth.sample_rate) if math.isfinite(pitch) else math.nan
    command = f"synths render {quote(name)} --preset {quote(str(args.out / 'theta.json'))}"
    page = Page(
        name=str(args.target.name),
        synth=name,
        target=target.sound,
        sound=sound,
        sample_rate=synth.sample_rate,
        space=synth.space,
        values=synth.space.to_physical(found.theta)[0].tolist(),
        history=found.history[:, 0],
        pitches=(pitch, there),
        command=f"{command} --sample-rate {synth.sample_rate} --seconds {synth.seconds} --out again.wav",
        notes={
            "distance": f"{label['loss']:.3f}; {label['start_loss']:.3f} for the best start",
            "level of match.wav": f"{label['gain_db']:+.1f} dB against what the preset renders",
        },
    )
    contents = {"match.wav": wav, "theta.json": json.dumps(label, indent=2) + "\n", "match.html": page.html()}
    with naming(f"--out {args.out}", OSError), exiting_on_sigterm():
        args.out.mkdir(parents=True, exist_ok=True)
        for file, content in contents.items():
            files.write(args.out / file, content)


def _label(args: Namespace, name: str, synth: AudioSynth, target: Target, found: Match) -> dict:
    """What theta.json holds, a preset."""
    values = synth.space.to_physical(found.theta)[0].tolist()
    label = {"target": str(args.target), "start_s": target.start_s, "synth": name}
    label |= {"fingerprint": synth.space.fingerprint(), "layout": synth.space.origin.fingerprint()}
    label |= {"steps": args.steps, "n_starts": args.starts, "seed": args.seed}
    label |= {"sample_rate": synth.sample_rate, "seconds": synth.seconds}
    label |= {"start_loss": found.history[0].item(), "loss": found.loss.item()}
    label |= {"parameters": dict(zip(synth.space.names, values, strict=True)), "theta": found.theta[0].tolist()}
    return label


def _gain_db(louder: Tensor, sound: Tensor) -> float:
    """How much louder a sound is than it was rendered; 0 for silence."""
    ratio = louder.norm().item() / max(sound.norm().item(), 1e-12)
    return 20 * math.log10(ratio) if ratio > 0 else 0.0
