"""Eight sounds with labels made by hand, as batches and as streams of every kind."""

import math
from typing import Any

import torch
from torch import Tensor

import synths
from doppelganger.labels.captions.tokenizer import Tokenizer
from doppelganger.labels.label_space import LabelSpace
from doppelganger.labels.labels import Events, Fact, Labels, Tag
from doppelganger.streams.labelled import LabelledSounds, LabelledStream
from doppelganger.streams.labelled_pairs import LabelledPairs
from doppelganger.streams.pairs import Pairs, PairStream
from doppelganger.streams.perturbations import Gaussian
from doppelganger.streams.sounds import Sounds, SoundStream
from doppelganger.streams.stream import Stream

WORDS = ("low", "high", "bright", "dull", "short", "long", "tone", "bell", "drum", "and", "then")
N = 8


def label_space() -> LabelSpace:
    """Three tags, four facts, two sources and eleven words."""
    tags = (Tag("low", "trait"), Tag("bell", "source"), Tag("short", "event"))
    facts = (
        Fact("pitch_hz", "Hz", 1.06, True, "fundamental"),
        Fact("material", "choice", 1.0, False, "what it is made of"),
        Fact("level_db", "dB", 1.0, False, "level"),
        Fact("attack_s", "s", 1.3, True, "rise"),
    )
    return LabelSpace(tags, facts, ("tone", "noise"), Tokenizer(WORDS))


def labelled_sounds(index: Tensor | None = None) -> LabelledSounds:
    """Tones of 0.4 s, each of another pitch, and as many noises; the other labels are drawn at random.

    Args:
        index: int64 (batch,), which sounds; they repeat after eight. None is all eight.
    """
    generator = torch.Generator().manual_seed(0)
    i = torch.arange(N)
    time_s = torch.arange(6400) / 16000
    onset_s = torch.rand(N, 2, generator=generator, dtype=torch.float64) * 0.2
    events = Events(onset_s, onset_s + 0.15, torch.tensor([[0, 1]]).expand(N, 2), torch.ones(N, 2, dtype=torch.bool))
    on = (time_s > events.onset_s[..., None]) & (time_s < events.offset_s[..., None])
    tone = torch.sin(2 * math.pi * 200 * 2 ** (i[:, None] / 2) * time_s)
    sound = tone * on[:, 0] + 0.1 * torch.randn(N, 6400, generator=generator) * on[:, 1]
    tags = torch.rand(N, 3, generator=generator) < 0.5
    facts = torch.stack([200 * 2 ** (i / 2), i % 3, -3.0 * i, 0.01 * 1.5**i], dim=1)
    facts[[1, 4], 0] = facts[2, 3] = math.nan
    lengths = torch.randint(2, 9, (N,), generator=generator)
    caption = torch.randint(4, 4 + len(WORDS), (N, 11), generator=generator)
    caption[:, 0] = 1
    place = torch.arange(11)
    caption = torch.where(place == 1 + lengths[:, None], 2, caption).where(place <= 1 + lengths[:, None], 0)
    index = i if index is None else index
    rows = index % N
    labels = Labels(facts[rows], Events(*(x[rows] for x in events)), lambda: tags[rows], lambda: caption[rows])
    return LabelledSounds(index, torch.zeros(len(index), 1), sound[rows], labels)


class EightLabelledSounds(LabelledStream):
    """The eight sounds and their labels; their label space stands for a labeller, of which it has all names."""

    def __init__(self, synth: synths.Synth):
        super().__init__(synth)
        self.labeller: Any = label_space()

    def __call__(self, index: Tensor) -> LabelledSounds:
        return labelled_sounds(index)


class EightSounds(SoundStream):
    """The eight sounds."""

    def __call__(self, index: Tensor) -> Sounds:
        batch = labelled_sounds(index)
        return Sounds(batch.index, batch.theta, batch.sound)


class EightPairs(PairStream):
    """The eight sounds in two noises of their own."""

    def __call__(self, index: Tensor) -> Pairs:
        batch = labelled_sounds(index)
        noise = torch.randn(2, N, 6400, generator=torch.Generator().manual_seed(1))[:, index % N]
        a, b = batch.sound + 0.05 * noise
        return Pairs(index, batch.theta, batch.theta, batch.theta, a, b)


class EightLabelledPairs(EightLabelledSounds):
    """The eight sounds in two noises of their own, and the labels of the sounds."""

    def __call__(self, index: Tensor) -> Any:
        pairs = EightPairs(self.synth, Gaussian())(index)
        return LabelledPairs(**vars(pairs), labels=labelled_sounds(index).labels)


def stream_of(kind: type) -> Stream:
    """A stream of the eight sounds in batches of one kind: `Pairs`, `Sounds`, `LabelledSounds` or `LabelledPairs`."""
    synth = synths.find("voice")(sample_rate=16000, seconds=0.4, control_rate=480)
    if kind is Pairs:
        return EightPairs(synth, Gaussian())
    streams = {Sounds: EightSounds, LabelledSounds: EightLabelledSounds, LabelledPairs: EightLabelledPairs}
    return streams[kind](synth)
