"""Eight sounds, labelled by hand."""

import math

import pytest
import torch

from doppelganger import AudioEncoder
from doppelganger.labels.captions.tokenizer import Tokenizer
from doppelganger.labels.label_space import LabelSpace
from doppelganger.labels.labels import Events, Fact, LabelledSounds, Labels, Tag

WORDS = ("low", "high", "bright", "dull", "short", "long", "tone", "bell", "drum", "and", "then")
N = 8
NAN = math.nan


@pytest.fixture(autouse=True)
def one_thread():
    """Of eight sounds, threads have less to do than to wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def space() -> LabelSpace:
    """Three tags, four facts, two sources and eleven words."""
    tags = (Tag("low", "trait"), Tag("bell", "source"), Tag("short", "event"))
    facts = (
        Fact("pitch_hz", "Hz", 1.06, True, "fundamental"),
        Fact("material", "choice", 1.0, False, "what it is made of"),
        Fact("level_db", "dB", 1.0, False, "level"),
        Fact("attack_s", "s", 1.3, True, "rise"),
    )
    return LabelSpace(tags, facts, ("tone", "noise"), Tokenizer(WORDS))


@pytest.fixture
def encoder() -> AudioEncoder:
    """One layer of a small transformer, on 0.4 s."""
    torch.manual_seed(0)
    return AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options={"depth": 1, "patch_size": [16, 8]})


@pytest.fixture
def batch() -> LabelledSounds:
    """Eight tones, each of another pitch, and as many noises; the other labels are drawn at random."""
    generator = torch.Generator().manual_seed(0)
    index = torch.arange(N)
    time_s = torch.arange(6400) / 16000
    onset_s = torch.rand(N, 2, generator=generator, dtype=torch.float64) * 0.2
    events = Events(onset_s, onset_s + 0.15, torch.tensor([[0, 1]]).expand(N, 2), torch.ones(N, 2, dtype=torch.bool))
    on = (time_s > events.onset_s[..., None]) & (time_s < events.offset_s[..., None])
    tone = torch.sin(2 * math.pi * 200 * 2 ** (index[:, None] / 2) * time_s)
    sound = tone * on[:, 0] + 0.1 * torch.randn(N, 6400, generator=generator) * on[:, 1]
    tags = torch.rand(N, 3, generator=generator) < 0.5
    facts = torch.stack([200 * 2 ** (index / 2), index % 3, -3.0 * index, 0.01 * 1.5**index], dim=1)
    facts[[1, 4], 0] = facts[2, 3] = NAN
    lengths = torch.randint(2, 9, (N,), generator=generator)
    caption = torch.randint(4, 4 + len(WORDS), (N, 11), generator=generator)
    caption[:, 0] = 1
    place = torch.arange(11)
    caption = torch.where(place == 1 + lengths[:, None], 2, caption).where(place <= 1 + lengths[:, None], 0)
    return LabelledSounds(index, torch.zeros(N, 1), sound, Labels(facts, events, lambda: tags, lambda: caption))
