"""Sentences of captions.

A variant needs a text for each ``{slot}``; a ``{slot?}`` may be empty. Among the variants of a sentence that can be
filled, those with the most needed slots win, so that a caption leaves nothing out; the item's number chooses among
equals.
"""

import re

SLOT = re.compile(r"\{(\w+)(\??)\}")

SCENE = (
    "{clause_1} {times_1?} {link_2?} {clause_2?} {times_2?} {link_3?} {clause_3?} {times_3?} {link_4?} {clause_4?} "
    "{times_4?} .",
)

SOUND = (
    "a {loud?} {bright?} {clean?} {driven?} {wave?} {material?} {noun} {how?} {high?} , similar to {like} .",
    "a {bright?} {clean?} {loud?} {driven?} {wave?} {material?} {noun} {how?} {high?} , reminiscent of {like} .",
    "this is a {loud?} {clean?} {bright?} {driven?} {wave?} {material?} {noun} {how?} {high?} , like {like} .",
    "a {loud?} {bright?} {clean?} {driven?} {wave?} {material?} {noun} {how?} {high?} .",
    "a {bright?} {clean?} {loud?} {driven?} {wave?} {material?} {noun} {how?} {high?} .",
    "this is a {loud?} {clean?} {bright?} {driven?} {wave?} {material?} {noun} {how?} {high?} .",
)

TIME = (
    "{late?} {again} with {attack} and {decay} .",
    "{late?} {attack} and {decay} over {again} .",
    "{late?} {attack} with {decay} .",
    "{late?} {attack} followed by {decay} .",
    "{late?} an envelope with {attack} and {decay} .",
    "{late?} {again} with {attack} .",
    "{late?} {attack} .",
    "{decay} .",
)

MOTION = (
    "the pitch {glide} and the tone {brighter} , with {details} .",
    "the tone {brighter} while the pitch {glide} , with {details} .",
    "the pitch {glide} and the tone {brighter} .",
    "the tone {brighter} while the pitch {glide} .",
    "the pitch {glide} , with {details} .",
    "{details} , and the pitch {glide} .",
    "the tone {brighter} , with {details} .",
    "{details} , and the tone {brighter} .",
    "the pitch {glide} .",
    "the tone {brighter} .",
    "{details} .",
    "the sound has {details} .",
)

SPACE = (
    "the reverb of {room} , over {bed} in the background .",
    "{bed} in the background , with the reverb of {room} .",
    "the reverb of {room} .",
    "recorded in {room} with audible reverb .",
    "{bed} in the background .",
    "the background is {bed} .",
)

# In this order in a caption, as far as they fit.
SENTENCES = (SCENE, SOUND, TIME, MOTION, SPACE)

# Slot -> slots whose texts it lists.
GROUPS = {"details": ("vibrato", "tremolo", "filter", "modulation", "copies")}

# Slots that are filled with phrases: clauses fill the others.
PHRASE_SLOTS = frozenset(
    member
    for variants in SENTENCES[1:]
    for variant in variants
    for slot, _ in SLOT.findall(variant)
    for member in GROUPS.get(slot, (slot,))
)
