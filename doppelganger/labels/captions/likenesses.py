"""Likenesses: familiar sounds that a caption compares with, from the rules of the tags of the same name."""

from doppelganger.labels.captions.phrases import one
from doppelganger.labels.tags.rules import functions

# Tag -> its texts. The first tag whose rule holds is used; tags without texts are adjectives, or less specific.
_TEXTS = {
    "click": "a click/a clack",
    "tick": "a tick",
    "laser": "a laser/a zap",
    "chirp": "a chirp/a tweet",
    "siren": "a siren",
    "alarm": "an alarm/a warning signal",
    "whistle": "a whistle",
    "beep": "a beep/a bleep",
    "thud": "a thud/a thump",
    "bell-like": "a bell/a chime",
    "whoosh": "a whoosh/a rush of air",
    "hiss": "a hiss",
    "rumble": "a rumble",
    "hum": "a hum",
    "growl": "a growl",
    "stab": "a synth stab",
    "riser": "a riser",
    "drone": "a drone",
}

PHRASES = tuple(
    one(texts, rule.fact, rule.low, rule.high, *rule.also)
    for word, texts in _TEXTS.items()
    for rule in functions.RULES
    if rule.word == word
)
