"""AudioPG: the kind of tone, its noise burst and its low-pass filter."""

import torch
from torch import Tensor

from doppelganger.labels.captions.phrases import scale
from doppelganger.labels.causes import facts, scenes
from doppelganger.labels.causes.control import Knobs
from doppelganger.labels.causes.scenes import SceneCauses
from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule, steps
from synths.dsp.choices import chosen
from synths.procedural import tones
from synths.procedural.audiopg import N_EVENTS, AudioPG
from synths.procedural.scene import PlannedEvents

_SOURCES = {
    "harmonic": ("harmonic tone", "organ-like tone"),
    "fm": ("fm tone", "frequency-modulated tone"),
    "saw": ("sawtooth tone", "buzzing sawtooth tone"),
    "square": ("square-wave tone", "square tone"),
    "burst": ("burst of noise", "noise burst"),
}
_PARTIALS = Fact("n_partials", "none", 1, False, "number of partials of a harmonic tone")
_BURST_S = Fact("burst_s", "s", 1.3, True, "length of a burst of noise")
_RULES = (
    *steps((6, 11), ("few partials", "several partials", "many partials"), "trait", "n_partials"),
    Rule("noise burst", "event", "n burst", 1),
    *steps((0.03, 0.06), ("tiny burst", "short burst", "long burst"), "event", "burst_s"),
)
_PHRASES = {
    "how": scale(
        "n_events",
        (2, 3, 4),
        "played once/in one segment",
        "played twice/in two segments",
        "played three times/in three segments",
        "played several times/in several segments",
    )
}


def facts_from_theta(
    synth: AudioPG, physical: Tensor, measured: Measurements, planned: PlannedEvents
) -> dict[str, Tensor]:
    """Facts of an AudioPG clip, each (batch,), beside those of its events."""
    knob = Knobs(synth.space, physical)
    mode = chosen(knob["clip.mode"], 3)
    f0_hz, cutoff_hz = knob["clip.f0"], knob["clip.cutoff"]
    filtered = (knob["clip.lowpass"] >= 3) & (measured.facts["brightness_hz"] < 2 * cutoff_hz)
    # A filter is inaudible where the last partial lies below the cutoff.
    n_partials = 3 + chosen(knob["clip.n_partials"], 13)
    highest_hz = torch.where(mode == 0, f0_hz * n_partials, synth.sample_rate / 2)
    ratios = torch.tensor(tones.RATIOS, dtype=f0_hz.dtype, device=f0_hz.device)
    clear = measured.facts["noise_share"] < 0.6
    open_ = ~filtered | (cutoff_hz > 2 * f0_hz)
    pitches = torch.stack([f0_hz, f0_hz / 2, 2 * f0_hz], dim=1)
    return {
        "fm_index": facts.only(knob["clip.index"], clear & (mode == 1) & open_),
        "fm_ratio": facts.only(ratios[chosen(knob["clip.ratio"], len(ratios))], clear & (mode == 1) & open_),
        "lowpass_hz": facts.only(cutoff_hz, filtered & (highest_hz > 1.5 * cutoff_hz)),
        "n_partials": facts.only(n_partials, clear & (mode == 0) & (highest_hz < synth.sample_rate / 2) & ~filtered),
        "burst_s": facts.only(knob["clip.burst_duration"], planned.active[:, N_EVENTS:].any(dim=1)),
        "pitch_hz": facts.confirmed("pitch_hz", pitches, measured),
    }


def levels_db(synth: AudioPG, physical: Tensor) -> Tensor:
    """Levels of the tone's segments, then of the noise bursts behind the low-pass filter, in dB: (batch, n_events)."""
    knob = Knobs(synth.space, physical)
    through = torch.where(knob["clip.lowpass"] >= 3, (2 * knob["clip.cutoff"] / synth.sample_rate).clamp_max(1), 1.0)
    burst = 20 * knob["clip.burst_gain"].log10() + 10 * through.log10()
    return torch.stack([*[torch.zeros_like(burst)] * N_EVENTS, *[burst] * N_EVENTS], dim=1)


CAUSES = SceneCauses(
    sources=_SOURCES,
    facts=(facts.SOURCE, facts.FM_INDEX, facts.FM_RATIO, facts.LOWPASS, _PARTIALS, _BURST_S),
    rules=_RULES,
    phrases=_PHRASES,
    within=("burst",),
    alone=scenes.TIMES,
    from_theta=facts_from_theta,
    levels_db=levels_db,
)
