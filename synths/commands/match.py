"""Find the parameters of a sound.

Searches by gradient, from the best of many random sounds, for the sound of a synth that is nearest to the target.
The target is mixed to one channel and scaled to a peak of 1. The synth plays at its sample rate and for as long unless
--sample-rate and --seconds are given. Writes match.wav, theta.json with the parameters in their physical units, and
match.png with spectrograms. Needs pip install 'doppelganger-audio[match]'.

examples:
  python -m synths match target.wav --synth voice --steps 300
  python -m synths match target.wav --sample-rate 16000 --seconds 1 --set keyboard.midi_f0=40:60 --out bass/
"""

import io
import json
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from synths import files
from synths.commands import _options
from synths.matching import Match, match
from synths.synth import AudioSynth
from synths.usage import UsageError, naming

# A longer target is cut unless --seconds is given: each step renders its whole length several times.
_LONGEST_S = 4.0

# A mix below this share of its loudest channel (-60 dB) is what is left of channels of opposite sign.
_CANCELLED = 1e-3

# The spectrograms that are drawn, in samples.
_WINDOW, _HOP = 1024, 256


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("target", type=Path, help="a sound file: wav, flac, ogg, mp3, ...")
    parser.add_argument("--synth", default="voice", help=_options.SYNTH)
    parser.add_argument("--steps", type=_options.whole(0), default=300, help="steps of the search (default: 300)")
    parser.add_argument("--starts", type=_options.whole(1), default=64, help="random sounds to try first (default: 64)")
    parser.add_argument("--seed", type=_options.whole(0), default=0, help="seed for all random draws (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("match"), help="a folder (default: match/)")
    _options.add_ranges(parser)
    parser.add_argument("--sample-rate", type=_options.whole(1), metavar="HZ", help="default: the target's own")
    parser.add_argument(
        "--seconds",
        type=_options.positive,
        metavar="S",
        help=f"cut the target, or fill it with silence, to this length (default: its own, at most {_LONGEST_S:g})",
    )


def run(args: Namespace) -> None:
    if args.out.exists() and not args.out.is_dir():
        raise UsageError(f"--out {args.out}: expected a folder, or a new name; it is a file")
    from rich.console import Console
    from rich.progress import track

    with naming("match needs matplotlib; pip install 'doppelganger-audio[match]'", ImportError):
        import matplotlib.figure  # noqa: F401  (better now than after the search)
    sound, rate = _read(args.target)
    if args.seconds is None and len(sound) > _LONGEST_S * rate:
        args.seconds = _LONGEST_S
        print(f"{args.target} lasts {len(sound) / rate:.1f} s: its first {_LONGEST_S:g} s are matched (see --seconds)")
    args.sample_rate, args.seconds = args.sample_rate or rate, args.seconds or len(sound) / rate
    synth = _options.build(args, AudioSynth)
    target = _fit(sound, rate, synth)
    if not target.any():
        raise UsageError(f"{args.target}: expected a sound; its first {synth.seconds:g} s are silent")
    target, gain_db = _at_full_scale(target)
    if abs(gain_db) > 0.1:
        print(f"{args.target} is matched at a peak of 1: its level is changed by {gain_db:+.1f} dB")

    console, start = Console(stderr=True), time.perf_counter()

    def progress(steps):
        return track(steps, "matching", console=console, disable=not console.is_terminal, transient=True)

    with naming(f"match {args.target}", (ValueError, ImportError)):
        options = {"steps": args.steps, "n_starts": args.starts, "seed": args.seed}
        found = match(synth, target[None], progress=progress, **options)
        wav = files.encode(found.sound[0], synth.sample_rate, "wav")
    elapsed_s = time.perf_counter() - start

    first, last = found.history[0].item(), found.loss.item()
    label = {"target": str(args.target), "synth": args.synth, "fingerprint": synth.space.fingerprint()}
    label |= {"layout": synth.space.origin.fingerprint(), **options}
    label |= {"sample_rate": synth.sample_rate, "seconds": synth.seconds, "gain_db": gain_db}
    label |= {"start_loss": first, "loss": last}
    values = synth.space.to_physical(found.theta)[0].tolist()
    label |= {"parameters": dict(zip(synth.space.names, values, strict=True)), "theta": found.theta[0].tolist()}
    png = io.BytesIO()
    _figure(synth.sample_rate, target, found).savefig(png, dpi=120, format="png")
    with naming(f"--out {args.out}", OSError):
        args.out.mkdir(parents=True, exist_ok=True)
        theta_json = json.dumps(label, indent=2).encode() + b"\n"
        for name, data in (("match.wav", wav), ("theta.json", theta_json), ("match.png", png.getvalue())):
            files.write(args.out / name, data)
    print(f"loss {last:.3f}, from {first:.3f} for the best of {args.starts} random sounds")
    print(f"rendered {found.n_renders} sounds in {elapsed_s:.1f} s")
    print(f"wrote match.wav, theta.json and match.png to {args.out}")


def _read(path: Path) -> tuple[Tensor, int]:
    """A sound file as one channel (n_samples,), and its sample rate in Hz."""
    import soundfile

    with naming("TARGET", OSError):
        data = path.read_bytes()
    try:
        sound, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise UsageError(f"TARGET {path}: expected a sound file, say wav or flac; {error.error_string}") from error
    if not len(sound):
        raise UsageError(f"TARGET {path}: expected a sound; it holds no samples")
    channels = torch.from_numpy(sound)
    mix = channels.mean(dim=1)
    if mix.abs().max() < _CANCELLED * channels.abs().max():
        raise UsageError(f"TARGET {path}: its channels cancel each other in a mix; give a file of one of them")
    return mix, rate


def _at_full_scale(target: Tensor) -> tuple[Tensor, float]:
    """The target with a peak of 1, where synths and the loss are loud enough to differ; and the gain in dB."""
    peak = target.abs().max()
    if not peak.isfinite():
        return target, 0.0  # `match` says what is wrong
    return target / peak, -20 * peak.log10().item()


def _fit(sound: Tensor, rate: int, synth: AudioSynth) -> Tensor:
    """The sound at the synth's sample rate, cut or filled with silence to the synth's length."""
    if synth.sample_rate != rate:
        with naming("--sample-rate", ImportError):
            from scipy.signal import resample_poly
        sound = torch.from_numpy(resample_poly(sound.numpy(), synth.sample_rate, rate))
    sound = sound[: synth.n_samples]
    return torch.nn.functional.pad(sound, (0, synth.n_samples - len(sound)))


def _figure(rate: int, target: Tensor, found: Match):
    """Spectrograms of target and match on one scale, one above the other, and the loss beneath."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 9), layout="constrained")
    above, middle, beneath = figure.subplots(3, height_ratios=(3, 3, 2))
    pictures = [_decibels(sound).numpy() for sound in (target, found.sound[0])]
    loudest = max(picture.max().item() for picture in pictures)
    for axes, picture, title in zip((above, middle), pictures, ("target", "match"), strict=True):
        n_bins, n_frames = picture.shape
        time_s, frequency_hz = np.arange(n_frames) * _HOP / rate, np.arange(n_bins) * rate / _WINDOW
        axes.pcolormesh(time_s, frequency_hz, picture, vmin=loudest - 80, vmax=loudest, cmap="magma", rasterized=True)
        axes.set(title=title, ylabel="frequency (Hz)", yscale="log", ylim=(rate / _WINDOW, rate / 2))
    middle.set_xlabel("time (s)")
    figure.colorbar(above.collections[0], ax=(above, middle), label="level (dB)")
    beneath.plot(found.history[:, 0].numpy())
    beneath.set(title="loss", xlabel="step", ylabel="spectral distance", ylim=(0, None))
    beneath.grid(alpha=0.3)
    return figure


def _decibels(sound: Tensor) -> Tensor:
    window = torch.hann_window(_WINDOW, device=sound.device)
    spectrum = torch.stft(sound, _WINDOW, _HOP, window=window, pad_mode="constant", return_complex=True)
    return 20 * spectrum.abs().clamp_min(1e-5).log10()
