import warnings

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from doppelganger.evaluation.heads import Training, seeded, train
from doppelganger.evaluation.probe_task import Embeddings, ProbeTask
from doppelganger.evaluation.protocols import PROTOCOLS, attention, knn, linear, linear_l2, mlp
from doppelganger.evaluation.targets import targets_of

FOLDS = {
    "folds": [str(i % 2) for i in range(120)],
    "train and test": ["train", "train", "test", "train"] * 30,
    "train, val and test": ["train", "train", "test", "val"] * 30,
}


@pytest.fixture(autouse=True)
def two_settings(monkeypatch):
    monkeypatch.setattr(mlp, "N_TRIED", 2)


def blobs(n_clips=120, n_classes=4, dim=16, spread=1.0, seed=0):
    rng = np.random.default_rng(seed)
    label = rng.integers(n_classes, size=n_clips)
    centres = 2 * rng.standard_normal((n_classes, dim))
    x = (centres[label] + spread * rng.standard_normal((n_clips, dim))).astype(np.float32)
    return x, [f"class {i}" for i in label]


def probe_task(x, labels, folds, seed=0):
    # Three frames a clip that average to its embedding.
    wobble = np.array([[-1.0], [0.0], [1.0]], dtype=np.float32)
    return ProbeTask(Embeddings(x, lambda row: x[row] + wobble), labels, folds, seed)


def predict(name, *args):
    task = probe_task(*args)
    return task, PROTOCOLS.find(name).predict(task, lambda: None)


def share_right(task, predictions):
    return (predictions.scores.argmax(2) == task.targets.truth[predictions.tested].argmax(1)).mean()


@pytest.mark.parametrize("name", PROTOCOLS.names())
def test_separable_classes_are_all_found(name):
    assert share_right(*predict(name, *blobs(spread=0.1), FOLDS["train, val and test"])) == 1


@pytest.mark.usefixtures("few_epochs")
@pytest.mark.parametrize("name", PROTOCOLS.names())
@pytest.mark.parametrize("folds", FOLDS.values(), ids=FOLDS.keys())
def test_each_test_clip_is_predicted_once_and_its_label_changes_nothing(name, folds):
    x, labels = blobs(spread=6.0)
    tested = "test" if "test" in folds else "1"
    here = [i for i, fold in enumerate(folds) if fold == tested]
    corrupted = list(labels)
    for i, label in zip(here, np.random.default_rng(1).permutation([labels[i] for i in here]), strict=True):
        corrupted[i] = str(label)
    _, honest = predict(name, x, labels, folds)
    _, blind = predict(name, x, corrupted, folds)
    assert honest.chosen.get(tested) == blind.chosen.get(tested)
    rows = np.isin(honest.tested, here)
    assert sorted(honest.tested) == [i for i, fold in enumerate(folds) if fold not in ("train", "val")]
    assert np.array_equal(honest.scores[:, rows], blind.scores[:, rows])


@pytest.mark.usefixtures("few_epochs")
@pytest.mark.parametrize("name", PROTOCOLS.names())
def test_sounds_of_test_clips_change_nothing_but_their_own_predictions(name):
    x, labels = blobs(spread=6.0)
    folds = FOLDS["train, val and test"]
    first, *others = [i for i, fold in enumerate(folds) if fold == "test"]
    louder = x.copy()
    louder[others] *= 100  # would move mean and deviation if they were taken over all clips
    _, honest = predict(name, x, labels, folds)
    _, blind = predict(name, louder, labels, folds)
    assert honest.chosen == blind.chosen
    row = honest.tested.tolist().index(first)
    np.testing.assert_allclose(honest.scores[:, row], blind.scores[:, row], rtol=1e-5)


def test_linear_against_logistic_regression():
    x, labels = blobs(n_clips=600, spread=3.0)
    folds = ["train", "val", "test"] * 200
    task, predictions = predict("linear", x, labels, folds)
    train = [i for i in range(600) if i % 3 != 2]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    expected = model.fit(x[train], np.array(labels)[train]).score(x[2::3], np.array(labels)[2::3])
    assert 0.5 < expected < 0.95
    assert share_right(task, predictions) == pytest.approx(expected, abs=0.04)


def test_linear_l2_is_the_logistic_regression_with_the_lowest_validation_loss():
    x, labels = blobs(n_clips=150, spread=3.0)
    x[1::3] *= 4  # so that the deviations of the validation clips would lead to another choice
    folds = ["train", "val", "test"] * 50
    _, predictions = predict("linear_l2", x, labels, folds)
    train, val, test = (np.arange(i, 150, 3) for i in range(3))

    def fitted(penalty, rows):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / (penalty * len(rows)), max_iter=5000))
        return model.fit(x[rows], np.array(labels)[rows])

    def validation_loss(penalty):
        model = fitted(penalty, train)
        return log_loss(np.array(labels)[val], model.predict_proba(x[val]), labels=model.classes_)

    best = min(linear_l2.PENALTIES, key=validation_loss)
    assert min(linear_l2.PENALTIES) < best < max(linear_l2.PENALTIES)
    assert predictions.chosen == {"test": {"penalty": best}}
    expected = fitted(best, np.sort([*train, *val])).predict_proba(x[test])
    np.testing.assert_allclose(softmax(predictions.scores[0], axis=1), expected, atol=5e-3)


def test_linear_l2_is_ridge_regression_of_numbers():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((120, 30)).astype(np.float32)
    numbers = x @ rng.standard_normal(30) + 3 * rng.standard_normal(120)
    _, predictions = predict("linear_l2", x, numbers.tolist(), ["train", "val", "test"] * 40)
    train, test = np.flatnonzero(np.arange(120) % 3 < 2), np.arange(2, 120, 3)
    alpha = predictions.chosen["test"]["penalty"] * len(train) / 2
    expected = make_pipeline(StandardScaler(), Ridge(alpha)).fit(x[train], numbers[train]).predict(x[test])
    found = predictions.scores[0][:, 0] * numbers.std() + numbers.mean()
    np.testing.assert_allclose(found, expected, atol=0.01 * numbers.std())


def test_attention_finds_the_frame_that_matters():
    rng = np.random.default_rng(0)
    label = rng.integers(2, size=400)
    frames = rng.standard_normal((400, 8, 4)).astype(np.float32)
    place = rng.integers(8, size=400)
    frames[np.arange(400), place, 0] = 6  # marks the frame that matters
    frames[:, :, 1] *= 3  # in the other frames this is noise
    frames[np.arange(400), place, 1] = np.where(label, 1.0, -1.0)
    embeddings = Embeddings(frames.mean(axis=1), lambda row: frames[row])
    task = ProbeTask(embeddings, [str(i) for i in label], ["train", "train", "val", "test"] * 100)
    attended = share_right(task, attention.predict(task, lambda: None))
    averaged = share_right(task, linear.predict(task, lambda: None))
    assert attended > 0.85 and averaged < 0.65


@pytest.mark.usefixtures("few_epochs")
def test_clips_may_differ_in_their_number_of_frames():
    x, labels = blobs(spread=0.1)
    embeddings = Embeddings(x, lambda row: np.repeat(x[row : row + 1], row % 50 + 1, axis=0))
    task = ProbeTask(embeddings, labels, FOLDS["train, val and test"])
    assert share_right(task, attention.predict(task, lambda: None)) == 1


@pytest.mark.parametrize("name", PROTOCOLS.names())
def test_several_labels_a_clip(name):
    rng = np.random.default_rng(0)
    has = rng.random((240, 3)) < 0.4
    x = (3 * has @ rng.standard_normal((3, 8)) + 0.1 * rng.standard_normal((240, 8))).astype(np.float32)
    labels = [tuple(name for name, is_it in zip("abc", row, strict=True) if is_it) for row in has]
    task, predictions = predict(name, x, labels, ["train", "val", "test"] * 80)
    assert predictions.scores.shape[1:] == (80, 3)
    is_it = task.targets.truth[predictions.tested]
    for c in range(3):
        yes, no = predictions.scores[0][is_it[:, c], c], predictions.scores[0][~is_it[:, c], c]
        assert np.mean(yes[:, None] > no[None]) > 0.95


@pytest.mark.parametrize("kind", ["number", "classes"])
def test_a_head_learns_where_its_validation_clips_have_no_score(kind):
    x = np.random.default_rng(0).uniform(-1, 1, size=(60, 8)).astype(np.float32)
    if kind == "number":  # the one validation clip has no variance to explain
        labels = x[:, 0].astype(float).tolist()
    else:
        labels = [("high",) if value > 0 else ("low",) for value in x[:, 0].tolist()]
        labels[59] = ()
    targets, rows = targets_of(labels), np.arange(60)
    head = seeded(lambda: nn.Linear(8, targets.truth.shape[1]), 0)
    training = Training(learning_rate=0.1, batch_size=16, max_epochs=20, patience=20, stop_by="score")
    _, epoch = train(head, torch.from_numpy(x), targets, rows[:59], rows[59:], training, seed=0)
    assert epoch > 0  # 0 are the random weights


@pytest.mark.parametrize("check_every", [1, 3])
def test_a_head_keeps_its_best_weights_and_stops_once_patience_is_over(check_every):
    """On noise, where the loss of the validation clips soon rises; one step an epoch."""
    rng = np.random.default_rng(0)
    x, labels = torch.from_numpy(rng.standard_normal((80, 200)).astype(np.float32)), ["a", "b"] * 40
    targets, rows, head = targets_of(labels), np.arange(80), seeded(lambda: nn.Linear(200, 2), 0)
    losses, n_steps = [], []
    head.register_forward_hook(lambda module, inputs, outputs: n_steps.append(module.training))

    class Watched(nn.CrossEntropyLoss):
        def forward(self, scores, truth):
            value = super().forward(scores, truth)
            if not head.training:
                losses.append(float(value))
            return value

    targets.loss = Watched
    training = Training(learning_rate=0.03, batch_size=64, max_epochs=100, patience=4, check_every=check_every)
    best, epoch = train(head, x, targets, rows[:40], rows[40:], training, seed=0)
    assert -best == min(losses) and epoch == check_every * (losses.index(min(losses)) + 1)
    assert epoch > 0 and sum(n_steps) == epoch + 4 * check_every < 100
    truth = torch.from_numpy(targets.truth[40:]).float()
    assert nn.functional.cross_entropy(head(x[40:]), truth).item() == pytest.approx(-best)


@pytest.mark.parametrize("n_fit", [1, 17])
def test_a_batch_of_one_clip_is_left_out_unless_it_is_all(n_fit):
    """17 clips are a batch of 16 and one of 1, of which batch norm has no deviation."""
    x, targets = torch.randn(30, 4, generator=torch.Generator().manual_seed(0)), targets_of(["a", "b"] * 15)
    norm = nn.Identity() if n_fit == 1 else nn.BatchNorm1d(4)
    head, sizes = nn.Sequential(norm, nn.Linear(4, 2)), []
    head.register_forward_hook(lambda module, inputs, outputs: sizes.append((module.training, len(outputs))))
    training = Training(learning_rate=0.03, batch_size=16, max_epochs=2, patience=4)
    train(head, x, targets, np.arange(n_fit), np.arange(20, 30), training, seed=0)
    assert [n for training, n in sizes if training] == [min(n_fit, 16)] * 2


@pytest.mark.parametrize(("n_clips", "n"), [(30, 16), (64, 16), (200, 50), (5000, 128)])
def test_an_epoch_of_the_linear_probe_has_four_steps_of_16_to_128_clips(n_clips, n):
    assert linear.TRAINING.clips_per_step(n_clips) == n


@pytest.mark.usefixtures("few_epochs")
def test_noise_scores_at_chance_without_warnings():
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((600, 64)).astype(np.float32), ["a", "b"] * 300
    folds = ["train", "train", "val", "val", "test", "test"] * 100
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in PROTOCOLS.names():
            assert 0.4 < share_right(*predict(name, x, labels, folds)) < 0.6


@pytest.mark.parametrize("name", PROTOCOLS.names())
def test_a_class_seen_only_in_testing_is_never_right(name):
    x, labels = blobs(spread=0.1)
    folds = ["train"] * 90 + ["test"] * 30
    labels[90:100] = ["never seen"] * 10
    task, predictions = predict(name, x, labels, folds)
    right = predictions.scores.argmax(2) == task.targets.truth[predictions.tested].argmax(1)
    assert not right[:, :10].any() and right[:, 10:].all()


def test_neighbours_against_a_loop():
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((100, 8)).astype(np.float32), [str(c) for c in rng.integers(5, size=100)]
    _, predictions = predict("knn", x, labels, ["train"] * 60 + ["test"] * 40)
    for clip, score in zip(predictions.tested, predictions.scores[0], strict=True):
        cosine = [float(x[clip] @ x[t] / np.linalg.norm(x[clip]) / np.linalg.norm(x[t])) for t in range(60)]
        nearest = sorted(range(60), key=lambda i: -cosine[i])[:10]
        vote = {i: np.exp(cosine[i] / 0.07) for i in nearest}
        votes = np.array([sum(v for i, v in vote.items() if labels[i] == c) for c in sorted(set(labels))])
        np.testing.assert_allclose(score, votes / votes.sum(), rtol=1e-4, atol=1e-7)


def test_neighbours_that_agree_outweigh_a_crowd_that_does_not():
    """Average precision ranks clips: one whose near neighbour has the class, above one of whose ten far ones two do."""
    near, far = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    x = np.concatenate([near, np.repeat(far, 10, axis=0)]).astype(np.float32)
    truth = np.array([[1.0], [1.0], [1.0], *[[0.0]] * 8])
    (of_near,), (of_far,) = knn.votes(x, truth, np.concatenate([near, far]).astype(np.float32))
    assert of_near == pytest.approx(1, abs=1e-4) and of_far == pytest.approx(0.2)


def test_few_neighbours_are_enough():
    x = np.eye(3, dtype=np.float32)
    assert knn.votes(x, np.eye(3), x).argmax(axis=1).tolist() == [0, 1, 2]


def test_an_unknown_protocol_lists_the_names():
    with pytest.raises(ValueError, match="unknown protocol 'linaer'; did you mean linear"):
        PROTOCOLS.find("linaer")
