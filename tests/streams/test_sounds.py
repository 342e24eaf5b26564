import pytest
import torch

import synths
from doppelganger import index_ranges
from doppelganger.streams.labelled import LabelledStream
from doppelganger.streams.sounds import SoundStream

SYNTH = synths.find("voice")(sample_rate=16000, seconds=0.2, control_rate=480)
INDEX = torch.arange(5, 9)


def test_a_sound_is_what_its_synth_plays_at_its_index_and_seed():
    batch, alone = SoundStream(SYNTH, seed=3)(INDEX), SoundStream(SYNTH, seed=3)(INDEX[2:3])
    assert torch.equal(batch.index, INDEX) and torch.equal(batch.theta, SYNTH.sample(INDEX, 3))
    torch.testing.assert_close(batch.sound, SYNTH.play(INDEX, seed=3))
    torch.testing.assert_close(batch.sound[2:3], alone.sound, atol=1e-6, rtol=0)
    assert not torch.equal(SoundStream(SYNTH, seed=4)(INDEX).theta, batch.theta)


def test_labels_come_with_the_same_sounds():
    stream = LabelledStream(SYNTH, seed=3)
    batch, sounds = stream(INDEX), SoundStream(SYNTH, seed=3)(INDEX)
    assert torch.equal(batch.sound, sounds.sound) and torch.equal(batch.theta, sounds.theta)
    assert stream.labeller is stream.labeller
    expected = stream.labeller(INDEX, sounds.theta, sounds.sound)
    torch.testing.assert_close(batch.labels.facts, expected.facts, equal_nan=True)
    assert torch.equal(batch.labels.caption, expected.caption)


def test_the_labeller_has_the_streams_synth_seed_and_number_of_tags(monkeypatch):
    given = []
    monkeypatch.setattr("doppelganger.streams.labelled.Labeller", lambda *a, **options: given.append((a, options)))
    LabelledStream(SYNTH, seed=3, n_tags=5).labeller  # noqa: B018
    assert given == [((SYNTH, 3), {"n_tags": 5})]


@pytest.mark.parametrize("first", [True, False])
def test_compiling_a_labelled_stream_compiles_synth_and_labeller(first, monkeypatch):
    stream, compiled = LabelledStream(SYNTH), []
    monkeypatch.setattr(SYNTH, "compile", lambda: compiled.append("synth"))
    monkeypatch.setattr("doppelganger.labels.labeller.Labeller.compile", lambda labeller: compiled.append("labeller"))
    if not first:
        stream.labeller  # noqa: B018 (made before compiling)
    stream.compile()
    stream.labeller  # noqa: B018
    assert compiled == ["synth", "labeller"]


def test_index_ranges_are_2_to_the_40_apart():
    """Those of a checkpoint's validation and of published tests of synthetic sounds: they must stay."""
    starts = {name: value / 2**40 for name, value in vars(index_ranges).items() if name.isupper() and name[0] != "_"}
    assert starts == {"TRAIN": 0, "VALIDATE": 1, "TEST": 2, "PROBE": 3, "TAG_SAMPLE": 5, "SENSITIVITY": 6}
