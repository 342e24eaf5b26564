"""What the tests of objectives share."""

import pytest
import torch

from doppelganger import AudioEncoder
from doppelganger.labels.label_space import LabelSpace
from doppelganger.streams.labelled import LabelledSounds
from doppelganger.streams.stream import Stream
from tests.objectives.eight_sounds import label_space, labelled_sounds, stream_of


@pytest.fixture
def space() -> LabelSpace:
    return label_space()


@pytest.fixture
def stream() -> Stream:
    return stream_of(LabelledSounds)


@pytest.fixture
def encoder() -> AudioEncoder:
    """One layer of a small transformer, on 0.4 s."""
    torch.manual_seed(0)
    return AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options={"depth": 1, "patch_size": [16, 8]})


@pytest.fixture
def batch() -> LabelledSounds:
    return labelled_sounds()
