"""Captions follow from facts and the item's number, and differ only in what has changed."""

import math
import re

import pytest
import torch

import synths
from doppelganger.labels.captions.tokenizer import Tokenizer
from doppelganger.labels.labeller import Labeller
from doppelganger.labels.labels import Events
from doppelganger.streams.pairs import PairStream
from doppelganger.streams.perturbations import Gaussian

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
    assert len(set(texts)) > 0.9 * len(texts), "captions of different sounds differ"


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
    """Words of a slot differ only where a fact of its phrases differs by more than a step, or is audible once."""
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
    filled_a = grammar.fill(grammar.jitter(a.facts, index), a.events, index)
    filled_b = grammar.fill(grammar.jitter(b.facts, index), b.events, index)
    for slot, phrases in grammar.slots.items():
        facts = sorted({column[r.fact] for phrase in phrases for r in phrase.ranges})
        differ = (filled_a[slot] != filled_b[slot]).any(dim=1)
        for row in (differ & ~changed[:, facts].any(dim=1)).nonzero()[:, 0].tolist():
            # An edge lies between the two, so within half a step of one of them: both phrases are right.
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


def test_near_an_edge_both_phrases_occur_and_elsewhere_one():
    synth = make("voice")
    labeller, index = Labeller(synth), torch.arange(400)
    column = [fact.name for fact in labeller.facts].index("pitch_hz")
    nothing = Events(*(torch.zeros(400, 1, dtype=t) for t in (torch.float32, torch.float32, torch.int64, torch.bool)))

    def words(hz):
        facts = torch.full((400, len(labeller.facts)), torch.nan)
        facts[:, column] = hz
        filled = labeller.grammar.fill(labeller.grammar.jitter(facts, index), nothing, index)["high"]
        return {labeller.tokenizer.decode(row).lower() for row in filled.tolist()}

    low, middle = words(200), words(300)
    step = 2 ** (0.25 / 12)
    assert not low & middle
    assert words(260) == low | middle
    assert words(260 / step) == low and words(260 * step) == middle


def test_inaudible_facts_are_not_mentioned():
    """A caption of pitch alone mentions pitch alone."""
    labeller, index = Labeller(make("subtractive")), torch.arange(50)
    facts = torch.full((50, len(labeller.facts)), torch.nan)
    facts[:, [fact.name for fact in labeller.facts].index("pitch_hz")] = 100.0
    facts[:, [fact.name for fact in labeller.facts].index("source")] = 0
    nothing = Events(*(torch.zeros(50, 1, dtype=t) for t in (torch.float32, torch.float32, torch.int64, torch.bool)))
    allowed = "a this is analogue subtractive synth note tone in the bass register ."
    for row in labeller.grammar(facts, nothing, index).tolist():
        assert {labeller.tokenizer.words[i] for i in row if i > 2} <= set(allowed.split())


def caption_of(labeller, index=0, **values):
    """The caption of a note with these facts alone."""
    names = [fact.name for fact in labeller.facts]
    facts = torch.full((1, len(names)), torch.nan)
    for name, value in values.items():
        facts[0, names.index(name)] = value
    nothing = Events(*(torch.zeros(1, 1, dtype=t) for t in (torch.float32, torch.float32, torch.int64, torch.bool)))
    return labeller.tokenizer.decode(labeller.grammar(facts, nothing, torch.tensor([index]))[0].tolist())


def test_an_envelope_is_an_attack_with_a_decay_or_a_release():
    labeller = Labeller(make("voice"))
    decays = {caption_of(labeller, i, attack_s=0.01, decay_s=0.3, sustain=0.2) for i in range(40)}
    assert "A sharp attack with a short decay." in decays and not any("release" in each for each in decays)
    releases = {caption_of(labeller, i, attack_s=0.01, decay_s=0.3, sustain=0.9) for i in range(40)}
    assert "A sharp attack with a short release." in releases and not any("decay" in each for each in releases)
    twice = {
        caption_of(labeller, i, attack_s=0.01, decay_s=0.3, sustain=0.2, n_attacks=2, onset_s=0.3) for i in range(40)
    }
    assert "After a short silence, two onsets with a sharp attack and a short decay." in twice


def test_details_are_listed_with_commas_and_a_last_and():
    labeller = Labeller(make("subtractive"))
    one, two, three = (
        {caption_of(labeller, i, **dict(list(some.items())[:n])) for i in range(40)}
        for some in [{"lowpass_hz": 300, "chorus": 0.3, "vibrato": 0.8, "vibrato_hz": 5.5}]
        for n in (1, 2, 4)
    )
    assert "A low-cutoff low-pass filter." in one
    assert "The sound has a low-cutoff low-pass filter and a light chorus." in two
    assert "The sound has vibrato, a low-cutoff low-pass filter and a light chorus." in three


@pytest.mark.parametrize("name", ["soundscape", "audiopg", "bank"])
def test_captions_are_short(name):
    """Of events and facts at random, the captions have at most three sentences and end."""
    labeller, n = Labeller(make(name)), 400
    index, draw = torch.arange(n), torch.Generator().manual_seed(0)
    edges = {fact.name: [0.0] for fact in labeller.facts}
    for phrase in (p for each in labeller.grammar.slots.values() for p in each):
        for r in phrase.ranges:
            edges[r.fact] += [x for x in (r.low, r.high) if math.isfinite(x)]
    rand = torch.rand((n, len(labeller.facts)), generator=draw)
    low, high = (torch.tensor([f(edges[fact.name]) for fact in labeller.facts]) for f in (min, max))
    facts = low + (1.2 * (high - low) + 0.1) * rand
    onset_s = 10 * torch.rand((n, 6), generator=draw)
    source = torch.randint(len(labeller.sources), (n, 6), generator=draw)
    events = Events(onset_s, onset_s + 2, source, torch.rand((n, 6), generator=draw) < 0.7)
    for row in labeller.grammar(facts, events, index).tolist():
        text = labeller.tokenizer.decode(row)
        assert row.count(2) == 1 and 1 <= text.count(".") <= 3 and text.endswith("."), text


def test_the_words_of_the_example_of_search_are_in_the_vocabulary():
    for name in ("bank", "voice"):
        assert Labeller(make(name)).tokenizer.unknown("a short metallic click with long decay") == []


def test_the_tokenizer_encodes_what_it_decodes():
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
