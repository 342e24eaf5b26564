"""Each loss against a loop written from its formula."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.special import expit, log_softmax
from sklearn.metrics import log_loss

from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.labels.labels import Events
from doppelganger.objectives.captioning import Captioning
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.contrastive_facts import ContrastiveFacts
from doppelganger.objectives.event_detection import EventDetection, activity
from doppelganger.objectives.fact_regression import FactRegression, fact_loss
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.objectives.multi_task import MultiTask
from doppelganger.objectives.parallel_decoding import ParallelDecoding
from doppelganger.objectives.tagging import Tagging
from doppelganger.streams.labelled_pairs import LabelledPairs
from synths import random
from tests.objectives.eight_sounds import stream_of

SMALL = {"dim": 16, "depth": 1, "n_heads": 2, "longest": 12}


def built(objective, stream):
    objective.build(stream)
    return objective.eval()


@torch.no_grad()
def test_tags_have_the_log_loss_of_scikit_learn(encoder, stream, batch):
    objective = built(Tagging(encoder), stream)
    probability = objective.head(encoder(batch.sound)).sigmoid().double().numpy()
    known = batch.labels.tags.numpy()
    expected = np.mean([log_loss(known[:, t], probability[:, t], labels=[False, True]) for t in range(3)])
    assert float(objective(batch)["loss"]) == pytest.approx(expected, rel=1e-5)


def words_of(caption: torch.Tensor) -> list[list[int]]:
    """The words of each caption with the end, without the begin."""
    return [[word for word in row if word != 0][1:] for row in caption.tolist()]


def mean_loss(logits: torch.Tensor, captions: list[list[int]]) -> float:
    log_p = log_softmax(logits.double().numpy(), axis=2)
    losses = [-log_p[i, j, word] for i, caption in enumerate(captions) for j, word in enumerate(caption)]
    return float(np.mean(losses))


@torch.no_grad()
def test_captioning_decodes_the_sounds_of_some_indices_in_parallel_and_the_others_autoregressively(
    encoder, stream, batch
):
    objective = built(Captioning(encoder, **SMALL), stream)
    _, frames = encoder.embed_with_frames(batch.sound)
    captions, given = words_of(batch.labels.caption), batch.labels.caption
    in_parallel = [
        float(random.uniform(torch.tensor([i]), 1, seed=0, stream="parallel decoding")) < 0.75 for i in range(8)
    ]
    some, others = ([i for i in range(8) if in_parallel[i] == wanted] for wanted in (True, False))
    assert some and others
    at_once = mean_loss(objective.decoder.parallel(frames[some], 12), [captions[i] for i in some])
    by_word = mean_loss(objective.decoder.autoregressive(frames[others], given[others]), [captions[i] for i in others])
    terms = objective(batch)
    assert float(terms["parallel"]) == pytest.approx(at_once, rel=1e-5)
    assert float(terms["autoregressive"]) == pytest.approx(by_word, rel=1e-5)
    assert float(terms["loss"]) == pytest.approx(0.75 * at_once + 0.25 * by_word, rel=1e-5)


@torch.no_grad()
def test_of_longer_captions_only_the_first_words_count(encoder, stream, batch):
    objective = built(Captioning(encoder, **SMALL | {"longest": 4}), stream)
    _, frames = encoder.embed_with_frames(batch.sound)
    caption = batch.labels.caption
    words = [caption[:4] for caption in words_of(caption)]
    assert max(map(len, words_of(caption))) > 4
    at_once, by_word = objective.decoder.parallel(frames, 4), objective.decoder.autoregressive(frames, caption[:, :4])
    assert float(objective.parallel_loss(frames, caption)) == pytest.approx(mean_loss(at_once, words), rel=1e-5)
    assert float(objective.autoregressive_loss(frames, caption)) == pytest.approx(mean_loss(by_word, words), rel=1e-5)


@torch.no_grad()
def test_three_quarters_of_the_sounds_are_decoded_in_parallel(encoder, stream, monkeypatch):
    objective, shares = built(Captioning(encoder, **SMALL), stream), []
    for name in ("parallel_loss", "autoregressive_loss"):
        monkeypatch.setattr(objective, name, lambda frames, caption: shares.append(len(frames)) or frames.sum())
    sounds = stream(torch.arange(1000))
    objective.terms(torch.zeros(1000, 1), torch.zeros(1000, 1, 1), sounds)
    assert sum(shares) == 1000 and shares[0] == pytest.approx(750, abs=50)


@torch.no_grad()
def test_multi_task_is_tags_and_a_weight_of_captions(encoder, stream, batch):
    objective = built(MultiTask(encoder, **SMALL, weight=0.3), stream)
    tagging = built(Tagging(encoder), stream)
    tagging.head = objective.head
    captioning = built(Captioning(encoder, **SMALL), stream)
    captioning.decoder = objective.decoder
    expected = tagging(batch)["loss"] + 0.3 * captioning(batch)["loss"]
    torch.testing.assert_close(objective(batch)["loss"], expected)


@torch.no_grad()
def test_contrastive_facts_is_a_contrast_and_a_weight_of_the_facts_of_first_views(encoder):
    stream = stream_of(LabelledPairs)
    pairs: LabelledPairs = stream(torch.arange(8))
    objective = built(ContrastiveFacts(encoder, NTXent(0.2), weight=0.3), stream)
    regression, contrastive = built(FactRegression(encoder), stream), Contrastive(encoder, NTXent(0.2)).eval()
    regression.head = objective.head
    for each in (objective, regression):
        each.update_moments(each.quantities(pairs.labels.facts))
    contrast, facts, terms = contrastive(pairs)["loss"], regression(pairs.first)["loss"], objective(pairs)
    torch.testing.assert_close(terms["contrast"], contrast)
    torch.testing.assert_close(terms["facts"], facts)
    torch.testing.assert_close(terms["loss"], contrast + 0.3 * facts)


@torch.no_grad()
def test_parallel_decoding_gets_no_word_and_autoregressive_decoding_none_from_later_on(encoder, stream, batch):
    objective = built(ParallelDecoding(encoder, **SMALL), stream)
    caption = batch.labels.caption[:1]
    one = dataclasses.replace(batch, sound=batch.sound[:1])

    def total(caption: torch.Tensor) -> float:
        labels = dataclasses.replace(batch.labels, make_caption=lambda: caption)
        return float(objective(dataclasses.replace(one, labels=labels))["loss"]) * int((caption[:, 1:] != 0).sum())

    # Were a word, or how many there are, to reach the decoder, the others would be told differently without it.
    alone = [total(torch.where(torch.arange(11) == place, caption, 0)) for place in range(1, len(caption[0]))]
    assert total(caption) == pytest.approx(sum(alone), rel=1e-5)
    read = []
    objective.decoder.words.register_forward_pre_hook(lambda module, inputs: read.append(inputs[0]))
    objective(batch)
    assert [bool((x == len(objective.labels.tokenizer.words)).all()) for x in read] == [True]

    _, frames = encoder.embed_with_frames(batch.sound)
    changed = batch.labels.caption.clone()
    changed[:, 4:] = 5
    before, after = (objective.decoder.autoregressive(frames, words) for words in (batch.labels.caption, changed))
    backwards = objective.decoder.autoregressive(frames.flip(1), batch.labels.caption)
    assert (backwards - before).abs().max() > 1e-3  # a caption tells what comes first
    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert (before[:, 4] - after[:, 4]).abs().amax() > 1e-3


def test_all_audible_facts_count_the_same_and_inaudible_ones_give_no_gradient():
    nan = math.nan
    predicted = torch.tensor([[0.0, 5.0, 1.0], [3.0, 0.0, 1.0], [0.0, 0.0, 1.0]], requires_grad=True)
    target = torch.tensor([[0.5, nan, nan], [0.0, 2.0, nan], [0.0, nan, nan]])
    loss = fact_loss(predicted, target)
    assert loss.item() == pytest.approx((0.5 * 0.5**2 + (3.0 - 0.5) + 0.0 + (2.0 - 0.5)) / 4)
    loss.backward()
    assert predicted.grad.isfinite().all()
    assert (predicted.grad[target.isnan()] == 0).all() and predicted.grad[1, 1] != 0
    predicted.grad = None
    fact_loss(predicted, torch.full((3, 3), nan)).backward()
    assert (predicted.grad == 0).all()


def test_facts_are_standardised_over_all_audible_ones_so_far(encoder, stream, batch):
    objective = FactRegression(encoder)
    objective.build(stream)
    facts = batch.labels.facts
    for part in facts.split([3, 5]):
        objective.update_moments(objective.quantities(part))
    quantities = facts[:, [0, 2, 3]].double().numpy()  # a material is no quantity
    quantities[:, [0, 2]] = np.log2(quantities[:, [0, 2]])
    expected = (quantities - np.nanmean(quantities, axis=0)) / np.nanstd(quantities, axis=0)
    np.testing.assert_allclose(objective.standardised(objective.quantities(facts)).numpy(), expected, atol=1e-5)
    silent = facts.clone()
    silent[:, 3] = 0.0  # an attack of no time at all
    assert objective.standardised(objective.quantities(silent))[:, 2].isfinite().all()


def test_facts_are_counted_in_double_precision_whatever_the_weights_are(encoder, stream, batch):
    objective = FactRegression(encoder)
    objective.build(stream)
    objective.bfloat16()
    for _ in range(100):
        objective.update_moments(objective.quantities(batch.labels.facts))
    assert objective.moments[0].tolist() == [600, 800, 700]


def test_a_fact_that_was_audible_once_is_its_own_mean_and_one_that_never_was_stays_inaudible(encoder, stream, batch):
    objective = FactRegression(encoder)
    objective.build(stream)
    facts = torch.full((1, 4), math.nan)
    facts[0, 2] = -6.0
    objective.update_moments(objective.quantities(facts))
    facts[0, 2] = -8.0  # 2 dB below the only value so far
    np.testing.assert_allclose(objective.standardised(objective.quantities(facts)), [[math.nan, -2.0, math.nan]])


def test_a_checkpoint_of_facts_holds_moments_and_head_alone(encoder, stream):
    objective = FactRegression(encoder)
    objective.build(stream)
    own = {name for name in objective.state_dict() if not name.startswith("encoder.")}
    assert own == {"moments", "head.weight", "head.bias"}


def test_a_source_is_on_in_every_frame_that_an_event_touches(encoder, stream, batch):
    events = Events(
        torch.tensor([[0.0, 0.25, 0.9], [0.3, 0.55, 0.2]], dtype=torch.float64),
        torch.tensor([[0.2, 0.55, 1.0], [0.45, 0.6, 0.9]], dtype=torch.float64),
        torch.tensor([[0, 1, 0], [1, 1, 2]]),
        torch.tensor([[True, True, True], [True, True, False]]),
    )
    expected = np.zeros((2, 4, 3), dtype=bool)
    for i, e in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1)):
        for frame in range(4):
            middle = np.linspace(frame / 4, (frame + 1) / 4, 101)
            there = (middle > float(events.onset_s[i, e])) & (middle < float(events.offset_s[i, e]))
            expected[i, frame, int(events.source[i, e])] |= there[1:-1].any()
    np.testing.assert_array_equal(activity(events, 4, 3, 0.25).numpy(), expected)

    objective = built(EventDetection(encoder), stream)
    with torch.no_grad():
        probability = objective.head(encoder.embed_with_frames(batch.sound)[1]).sigmoid().double().numpy().reshape(-1)
        patch_s = 8 * 0.010
        known = activity(batch.labels.events, probability.size // 16, 2, patch_s).numpy().reshape(-1)
        assert float(objective(batch)["loss"]) == pytest.approx(log_loss(known, probability), rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("frame_ms", [10, 40, 64])
def test_an_event_of_exactly_one_frame_is_on_in_one_frame(frame_ms, dtype):
    n = 10_000 // frame_ms
    onset_s = (torch.arange(n)[:, None].double() * frame_ms / 1000).to(dtype)
    offset_s = ((torch.arange(n)[:, None].double() + 1) * frame_ms / 1000).to(dtype)
    events = Events(onset_s, offset_s, torch.zeros(n, 1, dtype=torch.int64), torch.ones(n, 1, dtype=torch.bool))
    assert torch.equal(activity(events, n, 1, frame_ms / 1000)[..., 0], torch.eye(n).bool())


@pytest.mark.parametrize("kind", [Tagging, MultiTask, EventDetection])
def test_heads_with_mostly_negative_targets_start_at_one_percent(kind, encoder, stream):
    """Lin et al., section 4.1: sigmoid(b) = 0.01, so that an untrained head gives the rare class 1 %."""
    objective = kind(encoder)
    objective.build(stream)
    np.testing.assert_allclose(expit(objective.head.bias.detach().numpy()), 0.01, rtol=1e-5)


@pytest.mark.parametrize("objective_of", [EventDetection, lambda encoder: Captioning(encoder, **SMALL)])
def test_frames_may_be_narrower_than_the_embedding(objective_of, stream, batch):
    encoder = ConvolutionalEncoder(channels=4, dim=None, pooling=["mean", "deviation"])
    assert built(objective_of(encoder), stream)(batch)["loss"].isfinite()
