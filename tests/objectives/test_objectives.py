"""Every objective learns eight sounds by heart, and comes back from a checkpoint."""

import pytest
import torch
from doppelganger.objectives.loading import load_objective, recipe_of

from doppelganger.encoders.text.encoder import TextTransformer
from doppelganger.labels.label_space import LabelSpace
from doppelganger.objectives.captioning import Captioning
from doppelganger.objectives.contrastive_text import ContrastiveText
from doppelganger.objectives.event_detection import EventDetection
from doppelganger.objectives.fact_regression import FactRegression
from doppelganger.objectives.multi_task import MultiTask
from doppelganger.objectives.parallel_decoding import ParallelDecoding
from doppelganger.objectives.tagging import Tagging

SMALL = {"dim": 32, "depth": 1, "n_heads": 2, "longest": 12}
OBJECTIVES = {
    "tagging": Tagging,
    "parallel": lambda encoder: ParallelDecoding(encoder, **SMALL),
    "captioning": lambda encoder: Captioning(encoder, **SMALL),
    "multi_task": lambda encoder: MultiTask(encoder, **SMALL),
    "softmax": lambda encoder: ContrastiveText(encoder, TextTransformer(32, 1, 2), dim=16),
    "sigmoid": lambda encoder: ContrastiveText(encoder, TextTransformer(32, 1, 2), dim=16, loss="sigmoid"),
    "causes": FactRegression,
    "events": EventDetection,
}


@pytest.fixture(params=OBJECTIVES)
def objective(request, encoder, space):
    torch.manual_seed(0)
    made = OBJECTIVES[request.param](encoder)
    made.build(space)
    return made


def test_eight_sounds_are_learned_by_heart_and_every_weight_learns(objective, batch):
    optimizer = torch.optim.Adam(objective.parameters(), lr=4e-3)
    first = float(objective(batch)["loss"])
    for step in range(60):
        optimizer.zero_grad()
        objective(batch)["loss"].backward()
        if step == 0:
            assert [name for name, p in objective.named_parameters() if p.grad is None] == []
        optimizer.step()
    assert float(objective.eval()(batch)["loss"]) < 0.2 * first


def save(objective, path) -> None:
    encoder = {f"encoder.{name}": value for name, value in objective.encoder.state_dict().items()}
    weights = {f"objective.{name}": value for name, value in objective.state_dict().items()}
    recipe = {"encoder": objective.encoder.recipe(), "objective": recipe_of(objective)}
    torch.save({**recipe, "state_dict": encoder | weights}, path)


def test_a_checkpoint_gives_back_all_of_it(objective, batch, tmp_path):
    objective.train()(batch)  # so that there are moments to keep
    save(objective.eval(), tmp_path / "a.ckpt")
    loaded = load_objective(tmp_path / "a.ckpt")
    assert type(loaded) is type(objective) and loaded.arguments.keys() == objective.arguments.keys()
    with torch.no_grad():
        torch.testing.assert_close(loaded(batch), objective(batch))
    assert loaded.labels.describe() == objective.labels.describe()


class Weighted(Tagging):
    """An objective whose argument is a dict."""

    def __init__(self, encoder, weights):
        super().__init__(encoder)
        self.arguments = {"weights": weights}


def test_plain_data_stays_what_it_is(encoder, space, tmp_path):
    objective = Weighted(encoder, {"bell": 2.0})
    objective.build(space)
    save(objective, tmp_path / "a.ckpt")
    assert load_objective(tmp_path / "a.ckpt", Weighted).arguments == {"weights": {"bell": 2.0}}


def test_weights_that_do_not_fit_are_named(encoder, space, tmp_path):
    objective = Tagging(encoder)
    objective.build(space)
    save(objective, tmp_path / "a.ckpt")
    checkpoint = torch.load(tmp_path / "a.ckpt", weights_only=True)
    del checkpoint["state_dict"]["objective.head.bias"]
    torch.save(checkpoint, tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match=r"a\.ckpt: expected the weights of the Tagging .* 1 are .* head\.bias first"):
        load_objective(tmp_path / "a.ckpt")


def test_a_caption_learned_is_a_caption_written(encoder, space, batch):
    torch.manual_seed(0)
    objective = ParallelDecoding(encoder, **SMALL)
    objective.build(space)
    optimizer = torch.optim.Adam(objective.parameters(), lr=3e-3)
    for _ in range(100):
        optimizer.zero_grad()
        objective(batch)["loss"].backward()
        optimizer.step()
    written = objective.eval().write(batch.sound)
    assert written == [space.tokenizer.decode(words) for words in batch.labels.caption.tolist()]


def test_only_checkpoints_that_learned_from_labels_are_taken(encoder, space, tmp_path):
    torch.save({"encoder": encoder.recipe(), "state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(ValueError, match=r"other\.ckpt did not learn from labels"):
        load_objective(tmp_path / "other.ckpt")
    objective = Tagging(encoder)
    with pytest.raises(ValueError, match="call build first"):
        recipe_of(objective)
    objective.build(space)
    save(objective, tmp_path / "foreign.ckpt")
    foreign = torch.load(tmp_path / "foreign.ckpt", weights_only=True)
    for name, message in (("os.system", "is not of the class Objective"), ("nowhere.Evil", "import nowhere")):
        foreign["objective"]["class"] = name
        torch.save(foreign, tmp_path / "foreign.ckpt")
        with pytest.raises(ValueError, match=message):
            load_objective(tmp_path / "foreign.ckpt")


def test_labels_that_hold_nothing_to_learn_are_refused(encoder, space):
    nothing = LabelSpace((), space.facts[1:2], (), space.tokenizer)
    for kind, message in ((Tagging, "with tags"), (FactRegression, "are quantities"), (EventDetection, "who sounds")):
        with pytest.raises(ValueError, match=message):
            kind(encoder).build(nothing)


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


def test_a_captioner_writes_once_it_knows_its_words(encoder, batch):
    with pytest.raises(ValueError, match="call build first"):
        ParallelDecoding(encoder).write(batch.sound)


def test_a_text_is_read_the_same_alone_and_beside_a_longer_one(space):
    torch.manual_seed(0)
    text = TextTransformer(16, 2, 2).eval()
    text.build(space.tokenizer)
    with torch.no_grad():
        both = text.read(["low bell", "short high bright tone and then long drum"])
        torch.testing.assert_close(text.read(["low bell"])[0], both[0])
        assert (both[0] - both[1]).abs().max() > 0.01
