"""Phrases of captions: texts for ranges of facts, slot by slot."""

import math
from dataclasses import dataclass

from doppelganger.labels.conditions import Range

_INF = math.inf


@dataclass(frozen=True)
class Phrase:
    """Texts for sounds with low <= fact < high, and with every range of `also`; the texts are synonyms.

    Raises:
        ValueError: no text, or an empty range.
    """

    texts: tuple[str, ...]
    fact: str
    low: float = -_INF
    high: float = _INF
    also: tuple[Range, ...] = ()

    def __post_init__(self):
        if not self.texts or not all(self.texts):
            raise ValueError(f"phrase on {self.fact}: expected texts; got {self.texts}")
        for fact, low, high in self.ranges:
            if not low < high:
                raise ValueError(f"{self.texts[0]}: expected low < high for {fact}; got {low} and {high}")

    @property
    def ranges(self) -> tuple[Range, ...]:
        return (Range(self.fact, self.low, self.high), *self.also)


def scale(fact: str, edges: tuple[float, ...], *texts: str, also: tuple[Range, ...] = ()) -> tuple[Phrase, ...]:
    """One phrase for each interval between edges; "/" separates synonyms, and "" leaves the interval out."""
    ends = (-_INF, *edges, _INF)
    each = zip(texts, ends[:-1], ends[1:], strict=True)
    return tuple(Phrase(tuple(t.split("/")), fact, low, high, also) for t, low, high in each if t)


def one(texts: str, fact: str, low: float = -_INF, high: float = _INF, *also: Range) -> Phrase:
    """One phrase; "/" separates synonyms."""
    return Phrase(tuple(texts.split("/")), fact, low, high, also)


def modulation(effect: str, depths: tuple[float, float], rates_hz: tuple[float, float]) -> tuple[Phrase, ...]:
    """Depth and rate of vibrato or tremolo: the fact of that name, and the fact with "_hz"."""
    phrases = []
    for depth, low, high in zip(("shallow", "", "deep"), (0, *depths), (*depths, _INF), strict=True):
        for rate, slowest_hz, fastest_hz in zip(("slow", "", "fast"), (0, *rates_hz), (*rates_hz, _INF), strict=True):
            text = " ".join(word for word in (rate, depth, effect) if word)
            phrases.append(one(text, effect, low, high, Range(f"{effect}_hz", slowest_hz, fastest_hz)))
    return tuple(phrases)


_TONE, _LASTS, _HELD = Range("harmonicity", 0.6), Range("length_s", 0.25), Range("sustain", 0.6)

# Slot -> phrases, of which the first that holds is used.
SLOTS: dict[str, tuple[Phrase, ...]] = {
    "loud": scale("level_db", (-40, -28, -8), "barely audible/very quiet", "quiet/soft", "", "loud/powerful"),
    "bright": scale(
        "brightness_hz",
        (250, 600, 2200, 3600),
        "very dark/very dull",
        "dark/dull",
        "",
        "bright",
        "very bright/piercing",
    ),
    "clean": (
        one("noisy/rough", "noise_share", 0.3, 0.6),
        one("hollow", "even_db", -_INF, -12),
        one("pure/clean", "overtones_db", -_INF, -30, _TONE),
        one("rich/full", "overtones_db", 0, _INF, _TONE),
        one("metallic/clangorous", "inharmonicity", 0.4, _INF, Range("brightness_hz", 800)),
        one("inharmonic", "inharmonicity", 0.4),
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
        "in the sub-bass register/at a very low pitch",
        "in the bass register/in the bass",
        "in a low register/at a low pitch",
        "in the middle register/at a medium pitch",
        "in the upper-middle register/at a medium-high pitch",
        "in a high register/at a high pitch",
        "in a very high register/at a very high pitch",
    ),
    "late": scale("onset_s", (0.15, 0.45), "", "after a short silence ,", "after a long silence ,"),
    "attack": scale(
        "attack_s",
        (0.03, 0.12, 0.4),
        "a sharp attack/an abrupt attack",
        "a fast attack/a soft attack",
        "a slow attack/a gradual attack",
        "a very slow attack/a long fade-in",
    ),
    "again": scale("n_attacks", (2, 3, 4), "", "two onsets", "three onsets", "repeated onsets/a series of onsets"),
    "decay": (
        *scale(
            "decay_s",
            (0.04, 0.15, 0.5, 1.5),
            "an abrupt release/an instant release",
            "a very short release/a quick release",
            "a short release",
            "a long release/a slow release",
            "a very long release",
            also=(_HELD,),
        ),
        *scale(
            "decay_s",
            (0.04, 0.15, 0.5, 1.5),
            "an instant decay/an abrupt end",
            "a very short decay/a tight decay",
            "a short decay/a quick decay",
            "a long decay/a slow decay",
            "a very long decay",
        ),
        one("a steady sustain/a sustain to the end", "sustain", 0.7, _INF, _LASTS),
        one("a decay beyond the end of the clip/a decay to the end", "sustain", -_INF, 0.7, _LASTS),
    ),
    "glide": (
        one("rises by several octaves/sweeps far up", "glide", 14),
        one("rises by about an octave/sweeps up", "glide", 7, 14),
        one("rises/glides up", "glide", 1.2, 7),
        one("falls by several octaves/sweeps far down", "glide", -_INF, -14),
        one("falls by about an octave/sweeps down", "glide", -14, -7),
        one("falls/glides down", "glide", -7, -1.2),
    ),
    "brighter": (
        one("brightens strongly/becomes much brighter", "brightening", 1),
        one("brightens/becomes brighter", "brightening", 0.5, 1),
        one("darkens strongly/becomes much darker", "brightening", -_INF, -1),
        one("darkens/becomes darker", "brightening", -1, -0.5),
    ),
    "vibrato": modulation("vibrato", (0.4, 1.2), (4.5, 7)),
    "tremolo": modulation("tremolo", (0.25, 0.6), (4.5, 8)),
    "filter": (
        one("a resonant low-pass filter", "lowpass_hz", 1, 800, Range("resonance", 4)),
        one("a low-cutoff low-pass filter/a nearly closed low-pass filter", "lowpass_hz", 1, 800),
        one("a high-cutoff low-pass filter/a half-open low-pass filter", "lowpass_hz", 800),
        one("a narrow band-pass filter", "bandpass_hz", 1, _INF, Range("resonance", 4)),
        one("a band-pass filter", "bandpass_hz", 1),
        one("a high-pass filter", "highpass_hz", 1),
    ),
    "modulation": scale(
        "fm_index",
        (1, 3, 6),
        "slight frequency modulation",
        "moderate frequency modulation",
        "strong frequency modulation",
        "extreme frequency modulation",
    ),
    "copies": (
        one("a deep chorus/a wide chorus", "chorus", 0.6),
        one("a light chorus", "chorus", 0.2, 0.6),
        one("strongly detuned voices/wide detuning", "detune", 0.4),
        one("slightly detuned voices/slight detuning", "detune", 0.1, 0.4),
    ),
    "room": scale(
        "reverb_s",
        (0.6, 1.5, 3),
        "a small room",
        "a large room",
        "a hall/a concert hall",
        "a cathedral/a vast space",
    ),
}  # fmt: skip
