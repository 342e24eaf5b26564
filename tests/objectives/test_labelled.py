"""Objectives that learn from labels: what they need, write and refuse, and what their checkpoints refuse."""

from functools import partial

import pytest
import torch

from doppelganger.checkpoints import load_objective
from doppelganger.encoders.text.encoder import TextTransformer
from doppelganger.labels.label_space import LabelSpace
from doppelganger.objectives.captioning import Captioning
from doppelganger.objectives.event_detection import EventDetection
from doppelganger.objectives.fact_regression import FactRegression
from doppelganger.objectives.parallel_decoding import ParallelDecoding
from doppelganger.objectives.tagging import Tagging
from doppelganger.streams.sounds import Sounds
from tests.checkpoint_files import save
from tests.objectives.eight_sounds import stream_of

SMALL = {"dim": 32, "depth": 1, "n_heads": 2, "longest": 12}


class Weighted(Tagging):
    """An objective whose argument is a dict."""

    def __init__(self, encoder, weights):
        super().__init__(encoder)
        self.weights = weights


def test_plain_data_stays_what_it_is(encoder, stream, tmp_path):
    objective = Weighted(encoder, {"bell": 2.0, "class": 1.0})
    objective.build(stream)
    save(tmp_path / "a.ckpt", objective)
    assert load_objective(tmp_path / "a.ckpt", Weighted).weights == {"bell": 2.0, "class": 1.0}


def test_weights_that_do_not_fit_are_named(encoder, stream, tmp_path):
    objective = Tagging(encoder)
    objective.build(stream)
    save(tmp_path / "a.ckpt", objective)
    checkpoint = torch.load(tmp_path / "a.ckpt", weights_only=True)
    del checkpoint["state_dict"]["objective.head.bias"]
    torch.save(checkpoint, tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match=r"a\.ckpt: expected the weights of the Tagging .* 1 differ, head\.bias first"):
        load_objective(tmp_path / "a.ckpt")


@pytest.mark.parametrize("kind", [ParallelDecoding, partial(Captioning, parallel=0.0)])
def test_a_caption_learned_is_a_caption_written(kind, encoder, stream, space, batch):
    torch.manual_seed(0)
    objective = kind(encoder, **SMALL)
    objective.build(stream)
    optimizer = torch.optim.Adam(objective.parameters(), lr=3e-3)
    for _ in range(100):
        optimizer.zero_grad()
        objective(batch)["loss"].backward()
        optimizer.step()
    written = objective.eval().caption(batch.sound)
    assert written == [space.tokenizer.decode(words) for words in batch.labels.caption.tolist()]


def test_only_checkpoints_of_an_objective_are_loaded(encoder, stream, tmp_path):
    save(tmp_path / "other.ckpt", encoder)
    with pytest.raises(ValueError, match=r"other\.ckpt holds an encoder alone"):
        load_objective(tmp_path / "other.ckpt")
    objective = Tagging(encoder)
    with pytest.raises(ValueError, match=r"no label space yet: call build\(stream\)"):
        objective.recipe()
    objective.build(stream)
    save(tmp_path / "foreign.ckpt", objective)
    foreign = torch.load(tmp_path / "foreign.ckpt", weights_only=True)
    for name, message in (("os.system", "is not of the class Objective"), ("nowhere.Evil", "import nowhere")):
        foreign["objective"]["class"] = name
        torch.save(foreign, tmp_path / "foreign.ckpt")
        with pytest.raises(ValueError, match=message):
            load_objective(tmp_path / "foreign.ckpt")


def test_a_checkpoint_of_another_objective_and_an_export_are_named(encoder, stream, tmp_path):
    objective = Tagging(encoder)
    objective.build(stream)
    save(tmp_path / "a.ckpt", objective)
    with pytest.raises(
        ValueError, match=r"a\.ckpt was trained with Tagging; expected a checkpoint of a training with FactRegression"
    ):
        load_objective(tmp_path / "a.ckpt", FactRegression)
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(
        ValueError, match=r"holds an encoder alone; expected a checkpoint \(\.ckpt\) of a training with"
    ):
        load_objective(tmp_path)


def test_a_stream_without_labels_is_refused(encoder):
    with pytest.raises(ValueError, match=r"Tagging learns from labels: expected a LabelledStream .*; got EightSounds"):
        Tagging(encoder).build(stream_of(Sounds))
    with pytest.raises(ValueError, match="expected a LabelledStream"):
        Tagging(encoder).build(None)


def test_labels_that_hold_nothing_to_learn_are_refused(encoder, space):
    nothing = LabelSpace((), space.facts[1:2], (), space.tokenizer)
    refused = {Tagging: "with tags", FactRegression: "are quantities", EventDetection: r"with sources \(who sounds"}
    for kind, message in refused.items():
        with pytest.raises(ValueError, match=message):
            kind(encoder).build_heads(nothing)


def test_other_labels_are_named(space):
    other = LabelSpace(space.tags[:1] + space.tags[2:], space.facts, space.sources, space.tokenizer)
    space.require(space.describe())
    with pytest.raises(ValueError, match=r"other tags: 2 here, 3 there; number 1: here .*short.*, there .*bell"):
        other.require(space.describe())


def test_a_fact_in_other_words_is_the_same_fact(space):
    described = space.describe()
    described["facts"] = [{**fact, "doc": "in other words"} for fact in described["facts"]]
    space.require(described)
    described["facts"][0]["unit"] = "turns"
    with pytest.raises(ValueError, match="other facts"):
        space.require(described)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Tagging, "with tags; got none: use a larger n_tags"),
        (FactRegression, "with facts that are quantities; got none: use another synth"),
        (EventDetection, "with sources .* got none: use a synth with causes"),
    ],
)
def test_labels_without_a_target_are_refused(cls, message, encoder, space):
    empty = LabelSpace((), tuple(fact for fact in space.facts if fact.unit == "choice"), (), space.tokenizer)
    with pytest.raises(ValueError, match=f"expected labels {message}"):
        cls(encoder).build_heads(empty)


def test_a_captioner_writes_only_after_build(encoder, batch):
    with pytest.raises(ValueError, match=r"no label space yet: call build\(stream\)"):
        ParallelDecoding(encoder).caption(batch.sound)


def test_a_text_is_read_the_same_alone_and_beside_a_longer_one(space):
    torch.manual_seed(0)
    text = TextTransformer(16, 2, 2).eval()
    text.build(space.tokenizer)
    with torch.no_grad():
        both = text.embed_texts(["low bell", "short high bright tone and then long drum"])
        torch.testing.assert_close(text.embed_texts(["low bell"])[0], both[0])
        assert (both[0] - both[1]).abs().max() > 0.01
