"""Sounds to match."""

import soundfile
import torch

import synths


class Note(synths.AudioSynth):
    """A sine that fades: two knobs, and one that does nothing."""

    def __init__(self, **kwargs):
        knobs = [
            synths.Parameter("pitch", 40, 80, "semitone", doc="pitch as a MIDI note number"),
            synths.Parameter("fade", 0.02, 0.5, "s", doc="time to fade by 8.7 dB"),
            synths.Parameter("idle", 0, 0, doc="nothing"),
        ]
        super().__init__(synths.ParameterSpace(knobs), sample_rate=8000, seconds=0.25, **kwargs)

    def synthesize(self, physical, key, dtype):
        pitch, fade, _ = physical.T[:, :, None]
        time_s = torch.arange(self.n_samples) / self.sample_rate
        turns = 440 * 2 ** ((pitch - 69) / 12) * time_s
        return (torch.sin(2 * torch.pi * turns) * torch.exp(-time_s / fade)).to(dtype)


def target_file(folder, sound, rate=8000, name="target.wav"):
    """A sound (n_samples,) or (n_samples, n_channels) as a file of floats."""
    path = folder / name
    soundfile.write(path, sound.numpy(), rate, subtype="FLOAT")
    return path
