"""Oscillators, filters and effects of a synthesizer, where audible."""

from doppelganger.labels.conditions import Range
from doppelganger.labels.tags.rule import Rule, steps

RULES = (
    Rule("sine", "source", "sine_share", 0.7),
    Rule("square", "source", "square_share", 0.7),
    Rule("sawtooth", "source", "saw_share", 0.7),
    Rule("mixed waveforms", "trait", "sine_share", 0.25, 0.7, (Range("square_share", 0.25),)),
    Rule("mixed waveforms", "trait", "sine_share", 0.25, 0.7, (Range("saw_share", 0.25),)),
    Rule("mixed waveforms", "trait", "square_share", 0.25, 0.7, (Range("saw_share", 0.25),)),
    Rule("frequency modulation", "source", "fm_index", 0.3),
    *steps(
        (1, 3, 6),
        ("light modulation", "medium modulation", "heavy modulation", "extreme modulation"),
        "trait",
        "fm_index",
    ),
    *(Rule(f"modulator ratio {r}", "trait", "fm_ratio", r - 0.06, r + 0.06) for r in (0.5, 1, 2, 3, 4, 5)),
    Rule("low-pass filter", "trait", "lowpass_hz", 1),
    *steps((300, 800, 2000), ("muffled", "low cutoff", "medium cutoff", "high cutoff"), "trait", "lowpass_hz"),
    Rule("band-pass filter", "trait", "bandpass_hz", 1),
    *steps((500, 1500), ("low band", "telephone band", "high band"), "trait", "bandpass_hz"),
    Rule("high-pass filter", "trait", "highpass_hz", 1),
    Rule("resonant", "trait", "resonance", 4),
    Rule("very resonant", "trait", "resonance", 10),
    *steps((12, 22), ("overdrive", "distortion", "heavy distortion"), "trait", "drive_db"),
    Rule("chorus", "trait", "chorus", 0.3),
    Rule("detuned", "trait", "detune", 0.1),
    Rule("wide unison", "trait", "detune", 0.4),
    *steps((0.2, 0.6, 2), ("damped", "short ring", "ringing", "long ring"), "trait", "ring_s"),
)
