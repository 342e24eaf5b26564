"""Captions follow from facts and the item's number, and differ only in what has changed."""

import math
import re

import pytest
import torch

import synths
from doppelganger.labels.captions.tokenizer import Tokenizer
from doppelganger.labels.labeller import Labeller
from doppelganger.labels.labels import Events
from doppelganger.streams.pairs import Gaussian, PairStream

SETTINGS = {"sample_rate": 16000, "seconds": 1.0}


def make(name):
    return synths.find(name, synths.AudioSynth)(**({} if name in ("soundscape", "audiopg") else SETTINGS))


@pytest.mark.parametrize("name", ["voice", "modal", "drum", "formant", "bank", "soundscape", "audiopg"])
def test_captions_are_sentences(name):
    synth = make(name)
    labeller, index = Labeller(synth), torch.arange(6 if name in ("soundscape", "audiopg") else 64)
    labels = labeller(index, synth.sample(index), synth.play(index))
    texts = [labeller.tokenizer.decode(row) for row in labels.caption.tolist()]
    for text, row in zip(texts, labels.caption.tolist(), strict=True):
        assert 1 <= text.count(".") <= 3 and text.endswith(".")
        assert not re.search(r"[,.] ?[,.]|\ba [aeio]|\ban [^aeiouF]| and [.,]|^[a-z]|  |\ba [.,]|with [.,]", text), text
        assert row == [*labeller.tokenizer.encode(text), *[0] * (len(row) - len(labeller.tokenizer.encode(text)))]
    assert len(set(texts)) > 0.9 * len(texts), "no two sounds are described alike"


def test_the_same_number_gives_the_same_caption_and_another_another():
    synth = make("voice")
    labeller, index = Labeller(synth), torch.arange(32)
    theta, sound = synth.sample(index), synth.play(index)
    same = labeller(index, theta, sound).caption
    assert torch.equal(same, Labeller(synth)(index, theta, sound).caption)
    assert (same != labeller(index + 1000, theta, sound).caption).any(dim=1).float().mean() > 0.8
    assert (same != Labeller(synth, seed=1)(index, theta, sound).caption).any(dim=1).float().mean() > 0.8


@pytest.mark.parametrize("name", ["voice", "subtractive", "modal", "drum"])
def test_captions_of_doppelgangers_differ_only_in_what_has_changed(name):
    """Words of a slot differ only where a fact of one of its phrases does: by more than a step, or in being heard."""
    synth = make(name)
    labeller, index = Labeller(synth), torch.arange(64)
    pairs = PairStream(synth, Gaussian(0.02))(index)
    a, b = labeller(index, pairs.theta_a, pairs.a), labeller(index, pairs.theta_b, pairs.b)
    step = torch.tensor([fact.step for fact in labeller.facts])
    ratio = torch.tensor([fact.ratio for fact in labeller.facts])
    apart = torch.where(ratio, (a.facts / b.facts).log().abs() / step.log(), (a.facts - b.facts).abs() / step)
    one_silent = a.facts.isnan() != b.facts.isnan()
    changed = one_silent | (apart > 1)
    column = {fact.name: i for i, fact in enumerate(labeller.facts)}
    grammar, n_differ, n_near = labeller.grammar, 0, 0
    said_a = grammar.say(grammar.near(a.facts, index), a.events, index)
    said_b = grammar.say(grammar.near(b.facts, index), b.events, index)
    for slot, phrases in grammar.slots.items():
        facts = sorted({column[r.fact] for phrase in phrases for r in phrase.ranges})
        differ = (said_a[slot] != said_b[slot]).any(dim=1)
        for row in (differ & ~changed[:, facts].any(dim=1)).nonzero()[:, 0].tolist():
            # Then an edge lies between the two, and so within half a step of one or the other: both words are right.
            n_near += 1
            edges = {
                (r.fact, edge) for p in phrases for r in p.ranges for edge in (r.low, r.high) if math.isfinite(edge)
            }
            assert any(
                near(value, edge, labeller.facts[column[fact]])
                for fact, edge in edges
                for value in (a.facts[row, column[fact]].item(), b.facts[row, column[fact]].item())
            ), (slot, row)
        n_differ += int(differ.sum())
    assert n_near < 0.5 * n_differ and n_differ > 20


def near(value, edge, fact):
    if fact.ratio and edge <= 0:
        return False
    apart = abs(math.log(value / edge) / math.log(fact.step)) if fact.ratio else abs(value - edge) / fact.step
    return apart <= 1.0001


def test_near_an_edge_either_word_is_said_and_elsewhere_one():
    synth = make("voice")
    labeller, index = Labeller(synth), torch.arange(400)
    column = [fact.name for fact in labeller.facts].index("pitch_hz")
    nothing = Events(*(torch.zeros(400, 1, dtype=t) for t in (torch.float32, torch.float32, torch.int64, torch.bool)))

    def words(hz):
        facts = torch.full((400, len(labeller.facts)), torch.nan)
        facts[:, column] = hz
        said = labeller.grammar.say(labeller.grammar.near(facts, index), nothing, index)["high"]
        return {labeller.tokenizer.decode(row).lower() for row in said.tolist()}

    low, middle = words(200), words(300)
    step = 2 ** (0.25 / 12)
    assert not low & middle
    assert words(260) == low | middle
    assert words(260 / step) == low and words(260 * step) == middle


def test_what_cannot_be_heard_is_not_mentioned():
    """A caption of nothing but pitch speaks of nothing but pitch."""
    labeller, index = Labeller(make("subtractive")), torch.arange(50)
    facts = torch.full((50, len(labeller.facts)), torch.nan)
    facts[:, [fact.name for fact in labeller.facts].index("pitch_hz")] = 100.0
    facts[:, [fact.name for fact in labeller.facts].index("source")] = 0
    nothing = Events(*(torch.zeros(50, 1, dtype=t) for t in (torch.float32, torch.float32, torch.int64, torch.bool)))
    sayable = "a this is there analogue subtractive synth note tone sound in the bass low down ."
    for row in labeller.grammar(facts, nothing, index).tolist():
        assert {labeller.tokenizer.words[i] for i in row if i > 2} <= set(sayable.split(" "))


def test_the_tokenizer_reads_what_it_writes():
    tokenizer = Tokenizer(["a", "bell", "rings", "engine", ".", ",", "звон", "fm", "鐘"])
    assert tokenizer.words[:4] == ("<padding>", "<begin>", "<end>", "<unknown>") and len(tokenizer) == 13
    text = "An engine, a bell. An FM звон rings 鐘."
    numbers = tokenizer.encode(text)
    assert numbers[0] == 1 and numbers[-1] == 2 and 3 not in numbers
    assert tokenizer.decode([*numbers, 0, 0]) == text
    assert tokenizer.encode("A gong rings")[1:-1] == [tokenizer.number("a"), 3, tokenizer.number("rings")]
    assert tokenizer.unknown("a gong, an 오 gong rings!") == ["gong", "오"]
    assert tokenizer.encode("") == [1, 2] and tokenizer.decode([1, 2]) == ""
    assert Tokenizer(tokenizer.words).words == tokenizer.words
    with pytest.raises(ValueError, match="small letters, each once"):
        Tokenizer(["Bell"])
