"""Uses of a sound, and familiar sounds that resemble it."""

from doppelganger.labels.conditions import Range
from doppelganger.labels.tags.rule import Rule

_TONE = Range("harmonicity", 0.75)
_NOISE = Range("noise_share", 0.6)
_HIT = Range("attack_s", high=0.03)
_HELD = Range("sustain", 0.6)

RULES = (
    Rule("beep", "function", "pitch_hz", 500, 4000, (_TONE, _HELD, Range("length_s", 0.08, 1.5))),
    Rule("alarm", "function", "pitch_hz", 500, 4500, (_TONE, Range("n_attacks", 3))),
    Rule("siren", "function", "vibrato", 1.5, also=(Range("pitch_hz", 300, 3000), _HELD)),
    Rule("siren", "function", "glide", 5, also=(Range("pitch_hz", 300, 3000), _HELD, Range("length_s", 0.5))),
    Rule("chirp", "function", "glide_rate", 30, also=(Range("length_s", high=0.6), Range("pitch_hz", 400))),
    Rule("laser", "function", "glide_rate", high=-40, also=(Range("pitch_hz", 200),)),
    Rule("riser", "function", "glide", 4, also=(Range("length_s", 0.6),)),
    Rule("riser", "function", "brightening", 0.8, also=(Range("length_s", 0.6),)),
    Rule("downlifter", "function", "glide", high=-4, also=(Range("length_s", 0.6),)),
    Rule("drone", "function", "sustain", 0.7, also=(Range("length_s", 0.9), Range("glide", -0.5, 0.5), _TONE)),
    Rule("pad", "function", "attack_s", 0.15, also=(Range("length_s", 0.8), _TONE)),
    Rule("bass line", "function", "pitch_hz", 35, 130, (_TONE, Range("length_s", 0.1))),
    Rule("lead", "function", "pitch_hz", 260, 1200, (_TONE, _HELD, Range("brightness_hz", 1000))),
    Rule("melodic", "function", "pitch_hz", 110, 1800, (Range("harmonicity", 0.8), Range("glide", -0.5, 0.5))),
    Rule("stab", "function", "length_s", 0.08, 0.4, (Range("harmonicity", 0.6), _HIT, _HELD)),
    Rule("pluck", "function", "decay_s", 0.08, 1.2, (_HIT, Range("harmonicity", 0.7), Range("sustain", high=0.5))),
    Rule("percussive hit", "function", "decay_s", high=0.25, also=(_HIT, Range("sustain", high=0.55))),
    Rule("click", "function", "length_s", high=0.05, also=(_HIT,)),
    Rule("thud", "function", "brightness_hz", high=400, also=(_HIT, Range("decay_s", high=0.4))),
    Rule("tick", "function", "brightness_hz", 3000, also=(_HIT, Range("length_s", high=0.08))),
    Rule("hum", "function", "pitch_hz", 45, 250, (_TONE, _HELD, Range("brightness_hz", high=600))),
    Rule("rumble", "function", "bass_share", 0.7, also=(Range("harmonicity", high=0.6), Range("length_s", 0.3))),
    Rule("hiss", "function", "brightness_hz", 3500, also=(_NOISE, Range("length_s", 0.2))),
    Rule("rushing", "function", "brightness_hz", 800, 3500, (_NOISE, Range("length_s", 0.3))),
    Rule("whoosh", "function", "swell", 0.25, 0.85, (_NOISE, Range("attack_s", 0.1), Range("decay_s", 0.1))),
    Rule("whistle", "function", "pitch_hz", 900, 5000, (_TONE, Range("overtones_db", high=-15))),
    Rule("texture", "function", "noise_share", 0.3, also=(Range("length_s", 0.8), Range("sustain", 0.4))),
    Rule("bell-like", "function", "inharmonicity", 0.25, also=(_HIT, Range("length_s", 0.3))),
    Rule("growl", "function", "pitch_hz", high=160, also=(Range("overtones_db", 0),)),
    Rule("wobble", "function", "tremolo", 0.4, also=(Range("tremolo_hz", high=8), Range("pitch_hz", 30, 300))),
    Rule("one-shot", "function", "decay_s", also=(Range("n_attacks", high=2),)),
    Rule("swell", "function", "swell", 0.4, also=(Range("attack_s", 0.3),)),
)
