"""Level and envelope."""

from doppelganger.labels.conditions import Range
from doppelganger.labels.tags.rule import Rule, steps

RULES = (
    *steps((-40, -28, -18, -10), ("very quiet", "quiet", "moderate level", "loud", "very loud"), "trait", "level_db"),
    *steps(
        (0.02, 0.05, 0.15, 0.4),
        ("instant attack", "fast attack", "soft attack", "slow attack", "very slow attack"),
        "trait",
        "attack_s",
    ),
    *steps(
        (0.03, 0.1, 0.3, 0.8, 2),
        ("instant decay", "short decay", "medium decay", "long decay", "very long decay", "endless decay"),
        "trait",
        "decay_s",
    ),
    *steps(
        (0.06, 0.2, 0.6, 2, 5), ("blip", "short", "brief", "medium length", "long", "very long"), "trait", "length_s"
    ),
    *steps((0.1, 0.5), ("immediate onset", "delayed onset", "late onset"), "event", "onset_s"),
    Rule("attack", "event", "attack_s", high=0.05, also=(Range("sustain", 0.3),)),
    Rule("decay", "trait", "decay_s", 0.05, also=(Range("sustain", high=0.6),)),
    Rule("release", "trait", "decay_s", 0.15, also=(Range("sustain", 0.6),)),
    Rule("sustain", "trait", "sustain", 0.75, also=(Range("length_s", 0.3),)),
    Rule("percussive", "trait", "attack_s", high=0.03, also=(Range("sustain", high=0.5), Range("decay_s"))),
    Rule("fade", "trait", "decay_s", 0.3),
    Rule("fade in", "event", "attack_s", 0.25),
    Rule("crescendo", "event", "swell", 0.8, also=(Range("attack_s", 0.3), Range("length_s", 0.5))),
    Rule("diminuendo", "event", "swell", high=0.2, also=(Range("decay_s", 0.5),)),
    Rule("single onset", "event", "n_attacks", high=2),
    Rule("repeated", "event", "n_attacks", 2),
    Rule("double hit", "event", "n_attacks", 2, 3),
    Rule("triple hit", "event", "n_attacks", 3, 4),
    Rule("rhythmic", "event", "n_attacks", 4),
    Rule("tremolo", "trait", "tremolo", 0.1),
    *steps((0.25, 0.6), ("shallow tremolo", "medium tremolo", "deep tremolo"), "trait", "tremolo"),
    *steps((4.5, 8), ("slow tremolo", "medium-rate tremolo", "fast tremolo"), "trait", "tremolo_hz"),
    Rule("flutter", "trait", "tremolo_hz", 10, also=(Range("tremolo", 0.25),)),
)
