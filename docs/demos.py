"""The page that lets one hear every synth: sounds 0 to 7 of seed 0, rendered when the docs are built."""

import io

import mkdocs_gen_files
import numpy as np
import soundfile
import torch
from matplotlib.figure import Figure

import synths

N, RATE, SECONDS = 8, 22050, 1.5


def demo(name: str, cls: type[synths.AudioSynth]) -> str:
    """One synth's section; its sounds and their picture are written beside the page."""
    synth = cls(sample_rate=RATE, seconds=SECONDS)
    sounds = synth.play(torch.arange(N)).numpy()
    with mkdocs_gen_files.open(f"demos/{name}.flac", "wb") as file:
        file.write(_flac(sounds.reshape(-1)))
    with mkdocs_gen_files.open(f"demos/{name}.png", "wb") as file:
        file.write(_picture(sounds))
    about = (cls.__doc__ or "").split("\n\n")[0]
    command = f"python -m synths render {name} -n {N} --sample-rate {RATE} --seconds {SECONDS}"
    return "\n\n".join(
        (
            f"## {cls.__name__}",
            about,
            f"![Spectrograms of eight sounds of {cls.__name__}](demos/{name}.png)",
            f'<audio controls preload="none" src="{name}.flac"></audio>',
            f"`{command}`",
        )
    )


def _flac(sound: np.ndarray) -> bytes:
    data = io.BytesIO()
    soundfile.write(data, sound, RATE, format="FLAC")
    return data.getvalue()


def _picture(sounds: np.ndarray) -> bytes:
    figure = Figure(figsize=(12, 2.2), layout="constrained")
    for axes, sound in zip(figure.subplots(1, N, sharey=True), sounds, strict=True):
        with np.errstate(divide="ignore"):  # silence is -inf dB
            axes.specgram(sound, NFFT=1024, noverlap=768, Fs=RATE / 1000, vmin=-110, vmax=-20)
        axes.set_xticks([])
        axes.set_facecolor(axes.images[0].get_cmap()(0.0))
    figure.axes[0].set_ylabel("kHz")
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=80)
    return data.getvalue()


INTRO = f"# Listen\n\nSounds 0 to {N - 1} of seed 0 of every synth, {SECONDS:g} s each, drawn at random and not chosen."
with mkdocs_gen_files.open("demos.md", "w") as page, torch.no_grad():
    sections = [demo(name, cls) for name, cls in synths.catalogue(synths.AudioSynth).items()]
    page.write("\n\n".join([INTRO, *sections]) + "\n")
