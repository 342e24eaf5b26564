"""Subtractive: its waves, its filter and its effects."""

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs, control, envelopes
from doppelganger.labels.causes.voice import oscillator_shares
from doppelganger.labels.measure.measurements import Measurements
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a Subtractive, each (batch,)."""
    knob, rack = Knobs(synth.space, physical), control(synth, physical)
    midi_f0, note_on_s = rack.keyboard()
    adsr = envelopes(synth, physical, note_on_s)
    pitch, cutoff = rack.mod_matrix(adsr["mod_adsr"], rack.lfo(adsr["lfo_adsr"]) * adsr["lfo_adsr"])
    amp = adsr["amp_adsr"]
    mean = amp / amp.sum(dim=1, keepdim=True).clamp_min(1e-9)

    levels = [knob[f"mixer.{name}"] for name in ("vco", "sub", "noise")]
    vco, sub, noise = (level.square() for level in levels)
    shape = knob["vco.shape"]
    copies = _together(knob["vco.spread"], knob["vco.detune"])
    width = knob["vco.width"]
    pulse, saw = (vco * copies * x for x in (shape**2 * 4 * width * (1 - width), (1 - shape) ** 2))
    # A narrow pulse has even harmonics, unlike a square.
    square = torch.where((width - 0.5).abs() < 0.1, pulse, 0)
    shares = oscillator_shares(sub, square, saw, noise + 3 * (pulse - square), measured)

    tuned = midi_f0 + knob["vco.tuning"] + (mean * pitch).sum(dim=1) * knob["vco.mod_depth"]
    vco_hz, sub_hz = midi_to_hz(tuned), midi_to_hz(midi_f0 - 12 + knob["sub.tuning"])
    still = knob["vcf.cutoff"] + knob["vcf.key_follow"] * (midi_f0 - 60)
    cutoff_hz = midi_to_hz(still + knob["vcf.mod_depth"] * (mean * cutoff).sum(dim=1))
    # A filter is inaudible on a sine below its cutoff; other waves and noise have energy at all frequencies.
    rich = (vco / 2 + noise / 3) > 0.05 * (sub / 2)
    inside = rich & (cutoff_hz < 0.3 * synth.sample_rate)
    tone = measured.facts["noise_share"] < 0.5
    several = tone & (vco > sub) & (knob["vco.detune"] > 0.03)
    keys = {"vco": midi_f0, "sub": midi_f0 - 12}
    hz = [_track_hz(synth, knob, name, key, pitch) for name, key in keys.items()]
    powers = [(knob[f"mixer.{name}"][:, None] * amp).square() for name in keys]
    found = facts.pitch_of(torch.stack(hz, dim=1), torch.stack(powers, dim=1), measured)
    return {
        "source": torch.zeros_like(note_on_s),
        **shares,
        **_filter(knob, cutoff_hz, inside, torch.minimum(vco_hz, sub_hz), measured),
        "drive_db": facts.driven_db(knob["distortion.drive"], levels),
        "chorus": facts.only(knob["chorus.mix"], (knob["chorus.depth"] > 3e-4) & (knob["chorus.mix"] > 0.15)),
        "detune": facts.only(knob["vco.detune"], several),
        **found,
        "vibrato_hz": facts.vibrato_hz(knob["lfo.frequency"][:, None], found["pitch_hz"], measured),
        "tremolo_hz": facts.confirmed("tremolo_hz", knob["lfo.frequency"][:, None], measured),
    }


def _filter(knob: Knobs, cutoff_hz: Tensor, inside: Tensor, f0_hz: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Cutoff, under the kind of the filter, and resonance, where the measured brightness agrees with that kind.

    Args:
        knob: values of the parameters.
        cutoff_hz: (batch,), its mean over the sound.
        inside: (batch,), whether it lies where the waves have energy.
        f0_hz: (batch,), the lower of the oscillators' frequencies.
        measured: measurements of the sounds.
    """
    mode, bright = knob["vcf.mode"], measured.facts["brightness_hz"]
    low = inside & (mode < 0.4) & (bright < 2 * cutoff_hz)
    band = inside & (mode > 0.7) & (mode < 1.3) & (bright < 4 * cutoff_hz) & (bright > cutoff_hz / 4)
    high = inside & (mode > 1.6) & (cutoff_hz > 1.5 * f0_hz) & (bright > cutoff_hz / 2)
    return {
        "lowpass_hz": facts.only(cutoff_hz, low),
        "bandpass_hz": facts.only(cutoff_hz, band),
        "highpass_hz": facts.only(cutoff_hz, high),
        "resonance": facts.only(knob["vcf.resonance"], (low | band | high) & (cutoff_hz > f0_hz)),
    }


def _track_hz(synth: Instrument, knob: Knobs, name: str, key: Tensor, pitch: Tensor) -> Tensor:
    """Frequency of an oscillator over time, in Hz, given its key (batch,) and modulation (batch, n): (batch, n)."""
    midi = (key + knob[f"{name}.tuning"])[:, None] + knob[f"{name}.mod_depth"][:, None] * pitch
    return facts.aliased_hz(midi_to_hz(midi.clamp(0, 127)), synth.sample_rate)


def _together(spread: Tensor, detune: Tensor) -> Tensor:
    """Power of three copies of a wave against that of one wave of the same amplitude: 1/3 unless they stay in phase."""
    alike = [1 - 6 * lag * (1 - lag) for lag in (spread / 2, spread)]  # autocorrelation of a saw, lag in periods
    return torch.where(detune > 0.03, 1 / 3, (3 + 4 * alike[0] + 2 * alike[1]) / 9)


CAUSES = Causes(
    sources={"analogue synth": ("analogue synth note", "subtractive synth tone", "synth tone")},
    facts=(
        *(facts.SOURCE, facts.SINE, facts.SQUARE, facts.SAW, facts.LOWPASS, facts.BANDPASS, facts.HIGHPASS),
        *(facts.RESONANCE, facts.DRIVE, facts.CHORUS, facts.DETUNE),
    ),
    from_theta=facts_from_theta,
)
