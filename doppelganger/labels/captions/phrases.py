"""Phrases: what a caption may say of a fact, slot by slot."""

import math
from dataclasses import dataclass

from doppelganger.labels.conditions import Range

_INF = math.inf


@dataclass(frozen=True)
class Phrase:
    """Words for low <= fact < high, and all of `also`; several texts are as good as each other."""

    texts: tuple[str, ...]
    fact: str
    low: float = -_INF
    high: float = _INF
    also: tuple[Range, ...] = ()

    @property
    def ranges(self) -> tuple[Range, ...]:
        return (Range(self.fact, self.low, self.high), *self.also)


def scale(fact: str, edges: tuple[float, ...], *texts: str, also: tuple[Range, ...] = ()) -> tuple[Phrase, ...]:
    """A phrase for every stretch between edges; texts hold their synonyms with "/" between, "" says nothing."""
    ends = (-_INF, *edges, _INF)
    each = zip(texts, ends[:-1], ends[1:], strict=True)
    return tuple(Phrase(tuple(t.split("/")), fact, low, high, also) for t, low, high in each if t)


def one(texts: str, fact: str, low: float = -_INF, high: float = _INF, *also: Range) -> Phrase:
    """A phrase, its synonyms with "/" between."""
    return Phrase(tuple(texts.split("/")), fact, low, high, also)


def trembles(what: str, depths: tuple[float, float], rates_hz: tuple[float, float]) -> tuple[Phrase, ...]:
    """How deep and how fast something trembles: a fact of its name, and one of its name with "_hz"."""
    return tuple(
        one(" ".join(word for word in ("a", deep, fast, what) if word), what, low, high, Range(f"{what}_hz", a, b))
        for deep, low, high in zip(("slight", "", "deep"), (0, *depths), (*depths, _INF), strict=True)
        for fast, a, b in zip(("slow", "", "fast"), (0, *rates_hz), (*rates_hz, _INF), strict=True)
    )


_TONE, _LASTS = Range("harmonicity", 0.6), Range("length_s", 0.25)

# Slots that stand beside each other in one, "and" between them.
GROUPS = {"details": ("vibrato", "tremolo", "filter", "modulation", "copies")}

# Slot -> phrases; of those that hold the first is said.
SLOTS: dict[str, tuple[Phrase, ...]] = {
    "loud": scale("level_db", (-40, -28, -8), "barely audible/very faint", "quiet/soft/faint", "", "loud/powerful"),
    "bright": scale(
        "brightness_hz",
        (250, 600, 2200, 3600),
        "very dark/deep and dark",
        "dark/dull",
        "",
        "bright",
        "piercing/very bright",
    ),
    "clean": (
        *scale("noise_share", (0.3, 0.6), "", "noisy/rough", ""),
        one("hollow", "even_db", -_INF, -12),
        one("pure/clean", "overtones_db", -_INF, -30, _TONE),
        one("rich/full", "overtones_db", 0, _INF, _TONE),
        one("inharmonic/clangorous", "inharmonicity", 0.4),
    ),
    "driven": scale("drive_db", (12, 22), "slightly overdriven", "distorted", "heavily distorted"),
    "wave": (
        one("sine/sine-wave", "sine_share", 0.7),
        one("square/square-wave", "square_share", 0.7),
        one("sawtooth/saw", "saw_share", 0.7),
    ),
    "material": scale("material", (0.5, 1.3), "metal", "glass", "wooden"),
    "high": scale(
        "pitch_hz",
        (60, 130, 260, 520, 1050, 2100),
        "at the bottom of hearing/in the sub-bass",
        "in the bass/low down",
        "in a low register/of low pitch",
        "in the middle register/of medium pitch",
        "in a rather high register/of rather high pitch",
        "in a high register/of high pitch",
        "in a very high register/of very high pitch",
    ),
    "attack": scale(
        "attack_s",
        (0.03, 0.12, 0.4),
        "starts at once/begins abruptly/sets in sharply",
        "starts quickly/has a soft start",
        "swells up/fades in",
        "fades in slowly/builds up gradually",
    ),
    "late": scale("onset_s", (0.15, 0.45), "", "after a short silence/after a moment", "late/after a long silence"),
    "decay": (
        *scale(
            "decay_s",
            (0.04, 0.15, 0.5, 1.5),
            "stops dead/is cut off",
            "dies away at once/is gone in a moment",
            "dies away quickly/decays soon",
            "fades out/dies away slowly",
            "rings for a long time/has a very long decay",
        ),
        one("is held/is sustained/lasts to the end", "sustain", 0.7, _INF, _LASTS),
        one("is still fading when it ends/keeps ringing to the end", "sustain", -_INF, 0.7, _LASTS),
    ),
    "again": scale("n_attacks", (2, 3, 4), "", "twice/two times", "three times", "again and again/in quick repetition"),
    "glide": (
        one("rises by octaves/sweeps far upward", "glide", 14),
        one("rises by about a octave/sweeps upward", "glide", 7, 14),
        one("rises/glides upward", "glide", 1.2, 7),
        one("falls by octaves/sweeps far downward", "glide", -_INF, -14),
        one("falls by about a octave/sweeps downward", "glide", -14, -7),
        one("falls/glides downward", "glide", -7, -1.2),
    ),
    "vibrato": trembles("vibrato", (0.4, 1.2), (4.5, 7)),
    "tremolo": trembles("tremolo", (0.25, 0.6), (4.5, 8)),
    "brighter": (
        one("opens up/gets much brighter", "brightening", 1),
        one("gets brighter", "brightening", 0.5, 1),
        one("closes/gets much darker", "brightening", -_INF, -1),
        one("gets darker", "brightening", -1, -0.5),
    ),
    "filter": (
        one("a resonant low-pass filter/a ringing low-pass filter", "lowpass_hz", 1, 800, Range("resonance", 4)),
        one("a low-pass filter/a closed filter", "lowpass_hz", 1, 800),
        one("a gentle low-pass filter/a half-open filter", "lowpass_hz", 800),
        one("a narrow band-pass filter", "bandpass_hz", 1, _INF, Range("resonance", 4)),
        one("a band-pass filter", "bandpass_hz", 1),
        one("a high-pass filter", "highpass_hz", 1),
    ),
    "modulation": scale(
        "fm_index",
        (1, 3, 6),
        "a touch of frequency modulation",
        "some frequency modulation",
        "strong frequency modulation",
        "extreme frequency modulation",
    ),
    "copies": (
        one("a wide chorus/a rich chorus", "chorus", 0.6),
        one("a little chorus", "chorus", 0.2, 0.6),
        one("thickly detuned voices", "detune", 0.4),
        one("slightly detuned voices", "detune", 0.1, 0.4),
    ),
    "room": scale(
        "reverb_s",
        (0.6, 1.5, 3),
        "a small room",
        "a room/a large room",
        "a hall/a reverberant hall",
        "a cathedral/a vast space",
    ),
}  # fmt: skip
