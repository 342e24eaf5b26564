"""Taggers: the lexicon, and a language model behind a server that answers well, badly, late or not at all."""

from collections import Counter

import pytest

from doppelganger.caption_tags.taggers import TAGGERS
from doppelganger.caption_tags.taggers.keyword import keywords, phrases


@pytest.mark.parametrize(
    ("caption", "tags"),
    [
        ("A dog barks twice, then a car horn honks.", "dog bark horn honk"),
        ("The car's horn", "car horn"),
        ("Barking puppies. Louder, noisily buzzing!", "bark dog loud buzz"),
        ("Low-pitched humming, lo-fi hip hop", "deep hum lo-fi hip-hop"),
        ("No speech is heard but soft music, without any loud drums or strange voices", "gentle music"),
        ("No music as rain falls; no strange dog", "rain fall"),
        ("A short metallic click with long decay", "short metallic click long decay"),
        ("DOG dog Dogs ｄｏｇ", "dog"),
        ("A sine wave with vibrato and long release fades out", "sine vibrato long release fade"),
        ("A dogma of raincoats", ""),
        ("狗 كلب 🐶", ""),
        ("狗叫 dog", "dog"),
        ("", ""),
    ],
)
def test_keywords_of_a_caption_are_those_of_the_lexicon(caption, tags):
    assert keywords(caption) == tuple(tags.split())


def test_the_lexicon_covers_five_aspects_and_the_words_of_synthesis():
    aspects = {tag.name: tag.aspect for tag in phrases().values()}
    assert len(aspects) > 300 and min(Counter(aspects.values()).values()) > 30 and len(set(aspects.values())) == 5
    words = """reverb click hum synth buzz distortion percussive stereo arpeggio beep loop sine tone compression vibrato
    echo harmonic chorus resonant square chirp fade glissando sawtooth sustain tremolo descending decay sweep release
    attack rising"""
    assert [word for word in words.split() if not keywords(word)] == []


def test_taggers_are_found_by_their_files():
    assert TAGGERS.names() == ["chat", "keyword"]
    with pytest.raises(ValueError, match="unknown tagger 'gpt'; expected one of chat, keyword"):
        TAGGERS.find("gpt")
