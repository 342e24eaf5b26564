"""Brightness, overtones and noise."""

from doppelganger.labels.conditions import Range
from doppelganger.labels.tags.rule import Rule, steps

_TONE = Range("harmonicity", 0.7)

RULES = (
    *steps(
        (250, 600, 1200, 2200, 3600),
        ("very dark", "dark", "warm", "neutral brightness", "bright", "very bright"),
        "trait",
        "brightness_hz",
    ),
    *steps(
        (177, 354, 707, 1414, 2828, 5657),
        tuple(f"energy around {hz}" for hz in ("125 Hz", "250 Hz", "500 Hz", "1 kHz", "2 kHz", "4 kHz", "8 kHz")),
        "trait",
        "brightness_hz",
    ),
    *steps((400, 1000, 2000), ("narrow band", "medium band", "wide band", "full band"), "trait", "bandwidth_hz"),
    Rule("boomy", "trait", "bass_share", 0.8),
    Rule("bassy", "trait", "bass_share", 0.5),
    Rule("thin", "trait", "bass_share", high=0.02),
    Rule("airy", "trait", "treble_share", 0.3, also=(Range("noise_share", 0.4),)),
    Rule("treble", "trait", "treble_share", 0.3),
    Rule("shrill", "trait", "treble_share", 0.5, also=(Range("noise_share", high=0.4),)),
    *steps((0.35, 0.6, 0.85), ("unpitched", "weakly harmonic", "harmonic", "purely harmonic"), "trait", "harmonicity"),
    *steps((0.1, 0.3, 0.6), ("clean", "slightly noisy", "noisy", "noise"), "trait", "noise_share"),
    Rule("tonal", "trait", "tonal_share", 0.6),
    Rule("inharmonic", "trait", "inharmonicity", 0.2),
    Rule("metallic", "trait", "inharmonicity", 0.35, also=(Range("brightness_hz", 800),)),
    Rule("clangorous", "trait", "inharmonicity", 0.5),
    *steps((-25, -12, -3), ("pure tone", "mellow", "rich", "buzz"), "trait", "overtones_db", _TONE),
    Rule("sine-like", "trait", "overtones_db", high=-30, also=(_TONE,)),
    Rule("strong overtones", "trait", "overtones_db", 3, also=(_TONE,)),
    Rule("hollow", "trait", "even_db", high=-12),
    Rule("odd harmonics", "trait", "even_db", high=-20),
    Rule("full harmonics", "trait", "even_db", -3, 10),
    Rule("opening", "event", "brightening", 0.5),
    Rule("closing", "event", "brightening", high=-0.5),
    Rule("brightness sweep", "event", "brightening", 1.2),
    Rule("brightness sweep", "event", "brightening", high=-1.2),
    Rule("steady timbre", "trait", "brightening", -0.15, 0.15),
)
