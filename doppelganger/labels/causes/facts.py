"""Facts that several synths derive from theta, and their comparison with measurements."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.measurements import Measurements

SOURCE = Fact("source", "choice", 1, False, "the source, as an index into the sources; nan if there are several")
SINE = Fact("sine_share", "ratio", 0.15, False, "share of the power in sines")
SQUARE = Fact("square_share", "ratio", 0.15, False, "share of the power in squares")
SAW = Fact("saw_share", "ratio", 0.15, False, "share of the power in saws")
FM_INDEX = Fact("fm_index", "rad", 1.3, True, "frequency modulation index: peak phase deviation")
FM_RATIO = Fact("fm_ratio", "ratio", 1.05, True, "modulator frequency / carrier frequency")
LOWPASS = Fact("lowpass_hz", "Hz", 1.15, True, "cutoff of an audible low-pass filter")
BANDPASS = Fact("bandpass_hz", "Hz", 1.15, True, "centre of an audible band-pass filter")
HIGHPASS = Fact("highpass_hz", "Hz", 1.15, True, "cutoff of an audible high-pass filter")
RESONANCE = Fact("resonance", "Q", 1.5, True, "resonance of an audible filter")
DRIVE = Fact("drive_db", "dB", 3, False, "peak level into the distortion, against its threshold")
DETUNE = Fact("detune", "semitone", 0.08, False, "interval between the lowest and the highest detuned copy")
CHORUS = Fact("chorus", "ratio", 0.15, False, "wet level of a chorus")
RING = Fact("ring_s", "s", 1.3, True, "undamped decay time, by 60 dB")
BODY = Fact("body", "none", 0.25, False, "the struck body: 0 bar, 1 plate, 2 bell")
MATERIAL = Fact("material", "none", 0.25, False, "material of the struck body: 0 metal, 1 glass, 2 wood")
CONTACT = Fact("contact_s", "s", 1.5, True, "contact time of the mallet: short is hard")
FIRST_VOWEL = Fact("first_vowel", "choice", 1, False, "first vowel, as an index into i, e, a, o, u")
LAST_VOWEL = Fact("last_vowel", "choice", 1, False, "last vowel, as an index into i, e, a, o, u")
BREATH = Fact("breath", "ratio", 0.15, False, "share of breath noise in a voice")

# Measured facts that are wrong where the measured pitch is.
_OF_PITCH = ("glide", "glide_rate", "vibrato", "overtones_db", "even_db")
# Frames of an oscillator below this share of the loudest one's power do not count.
_FAINT = 0.01
# Quantiles of a moving pitch between which a median is measured, over the part of the sound that has a clear pitch.
_MOST_OF_THE_TIME = (0.2, 0.5, 0.8)
# Largest ratio at which a value from theta and a measured one agree.
_AGREE = {"pitch_hz": 2 ** (1 / 12), "vibrato_hz": 1.15, "tremolo_hz": 1.15}


def confirmed(fact: str, candidates: Tensor, measured: Measurements) -> Tensor:
    """The candidate nearest to the measured value, where the two agree; else the measured value: (batch,).

    Args:
        fact: a fact of `_AGREE`.
        candidates: (batch, n), values from theta; nan is none.
        measured: measurements of the sounds.
    """
    found = measured.facts[fact]
    apart = (candidates.log2() - found[:, None].log2()).abs().nan_to_num(nan=math.inf)
    least, which = apart.min(dim=1)
    near = candidates.gather(1, which[:, None])[:, 0].to(found.dtype)
    return torch.where(least <= math.log2(_AGREE[fact]), near, found)


def pitch_of(hz: Tensor, power: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Pitch and the facts that depend on it, nan where no oscillator has the measured pitch: fact -> (batch,).

    Several oscillators may nearly repeat together after a period that is none's own: chords get no pitch. The pitch is
    the median of an oscillator's where that agrees with the measured one; else the measured one, where the loudest
    oscillator moves about it.

    Args:
        hz: (batch, n_oscillators, n), frequencies over time.
        power: (batch, n_oscillators, n), squared amplitudes in the mix over time.
        measured: measurements of the sounds.
    """
    loud = power > _FAINT * power.amax(dim=(1, 2), keepdim=True)
    octave = hz.log2().where(loud, math.nan).sort(dim=2).values  # nan comes last
    n = loud.sum(dim=2, keepdim=True)
    places = [((n - 1) * share).round().clamp_min(0).long() for share in _MOST_OF_THE_TIME]
    low, middle, high = octave.gather(2, torch.cat(places, dim=2)).unbind(dim=2)
    near, found = math.log2(_AGREE["pitch_hz"]), measured.facts["pitch_hz"].log2()[:, None]
    whole = power.sum(dim=2)
    about = (low - near < found) & (found < high + near) & (whole == whole.amax(dim=1, keepdim=True))
    right = (((middle - found).abs() <= near) | about).any(dim=1)
    pitch_hz = only(confirmed("pitch_hz", middle.exp2(), measured), right)
    return {"pitch_hz": pitch_hz, **with_pitch(measured, right)}


def vibrato_hz(rates_hz: Tensor, pitch_hz: Tensor, measured: Measurements) -> Tensor:
    """Rate of the vibrato by those of the LFOs (batch, n), nan without a pitch (batch,): (batch,)."""
    return only(confirmed("vibrato_hz", rates_hz, measured), pitch_hz.isfinite())


def aliased_hz(hz: Tensor, sample_rate: float) -> Tensor:
    """Frequency at which a partial sounds that is not band-limited: beyond half the sample rate, it is mirrored."""
    return (hz - sample_rate * (hz / sample_rate).round()).abs()


def driven_db(gain_db: Tensor, levels: Iterable[Tensor]) -> Tensor:
    """`DRIVE` of a distortion behind a mixer, in dB; nan where inaudible: (batch,).

    Args:
        gain_db: gain before the distortion: (batch,).
        levels: levels of the mixer, each (batch,).
    """
    level = torch.stack(list(levels)).sum(dim=0).clamp(1e-4, 1)
    peak_db = gain_db + 20 * level.log10()
    return only(peak_db, peak_db > 6)


def only(value: Tensor, where: Tensor) -> Tensor:
    """A fact (batch,) where it is audible, bool (batch,), and nan elsewhere: float32 (batch,)."""
    return value.float().where(where, math.nan)


def with_pitch(measured: Measurements, right: Tensor) -> dict[str, Tensor]:
    """The measured facts that depend on the pitch, nan where that is not right, bool (batch,)."""
    return {name: only(measured.facts[name], right) for name in _OF_PITCH}
