"""Likenesses: what a caption says that a sound is like, by the rules of tags of what it could be for."""

from doppelganger.labels.captions.phrases import one
from doppelganger.labels.tags.rules import functions

# Tag -> its texts, of which the first that holds is said; tags without are adjectives, or say less than the rest.
_TEXTS = {
    "click": "a click/a clack",
    "tick": "a tick",
    "laser": "a laser/a zap",
    "chirp": "a chirp/a tweet",
    "siren": "a siren",
    "alarm": "a alarm/a warning signal",
    "whistle": "a whistle",
    "beep": "a beep/a bleep",
    "thud": "a thud/a thump",
    "bell-like": "a bell/a chime",
    "whoosh": "a whoosh/a rush of air",
    "hiss": "a hiss",
    "rumble": "a rumble",
    "hum": "a hum",
    "growl": "a growl",
    "stab": "a stab",
    "riser": "a riser",
    "drone": "a drone",
}

PHRASES = tuple(
    one(texts, rule.fact, rule.low, rule.high, *rule.also)
    for word, texts in _TEXTS.items()
    for rule in functions.RULES
    if rule.word == word
)
