import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.identity import identity
from doppelganger.encoders import Encoder
from doppelganger.evaluation import EmbeddingCache, Task, heads, metrics, read_task, splits, targets
from doppelganger.evaluation.cache import prediction_key
from doppelganger.evaluation.probe_task import Embeddings, Predictions, ProbeTask
from doppelganger.evaluation.protocols import PROTOCOLS, knn
from doppelganger.evaluation.task_embeddings import embed
from tests.evaluation.conftest import SAMPLE_RATE


class Moments(Encoder):
    sample_rate, window_s, embedding_dim = 8000, 10 / 8000, 2

    def __init__(self):
        super().__init__()
        self.n_windows = 0

    def forward(self, waveform):
        self.n_windows += len(waveform)
        return torch.stack([waveform.mean(1), waveform.square().mean(1)], dim=1)


def task_of(waveforms):
    def blocks(clip):
        if waveforms[clip] is None:
            raise UnusableClip("no such file")
        return [waveforms[clip]]

    n = len(waveforms)
    names = [f"clip {i}" for i in range(n)]
    return Task("clips", names, ["a"] * n, ["1"] * n, blocks, lambda clip: str(waveforms[clip]), 8000)


SOUNDS = [np.full(25, level, dtype=np.float32) for level in (0.1, 0.2, 0.3)]


def test_unusable_clips_are_named_and_skipped():
    embeddings, clips, skipped = embed({"moments": Moments()}, task_of([SOUNDS[0], None, SOUNDS[1]]))
    assert clips.tolist() == [0, 2]
    np.testing.assert_allclose(embeddings["moments"].mean[:, 0], [0.1, 0.2], rtol=1e-6)
    np.testing.assert_allclose(embeddings["moments"].frames(1)[:, 0], [0.2] * 3, rtol=1e-3)
    assert skipped == [{"clip": "clip 1", "reason": "no such file"}]


def test_strict_stops_at_an_unusable_clip():
    with pytest.raises(UnusableClip, match="clips: clip 1: no such file"):
        embed({"moments": Moments()}, task_of([SOUNDS[0], None, *[SOUNDS[1]] * 500]), strict=True)


def test_no_usable_clip_is_an_error():
    with pytest.raises(ValueError, match="none of 2 is usable"):
        embed({"moments": Moments()}, task_of([None, None]))


def test_an_embedding_that_is_not_finite_is_an_error():
    class Logarithm(Moments):
        def forward(self, waveform):
            return waveform.log()

    sound, silence = np.ones(10, dtype=np.float32), np.zeros(10, dtype=np.float32)
    with pytest.raises(ValueError, match="of 1 clips is not finite, clip 1 first"):
        embed({"trained": Logarithm()}, task_of([sound, silence]))


def test_cached_clips_are_not_embedded_again(tmp_path):
    first, again = Moments(), Moments()
    a, _, _ = embed({"": first}, task_of(SOUNDS[:2]), cache=EmbeddingCache(str(tmp_path / "cache")))
    b, _, _ = embed({"": again}, task_of(SOUNDS[:2]), cache=EmbeddingCache(tmp_path / "cache"))
    assert first.n_windows == 6 and again.n_windows == 0
    assert np.array_equal(a[""].mean, b[""].mean) and np.array_equal(a[""].frames(1), b[""].frames(1))


def test_forgotten_embeddings_are_made_again_by_that_encoder_alone(tmp_path):
    class Others(Moments):
        pass

    cache, first, second = EmbeddingCache(tmp_path / "cache"), Moments(), Others()
    for _ in range(2):
        embed({"a": first, "b": second}, task_of(SOUNDS[:2]), cache=cache)
    assert (first.n_windows, second.n_windows) == (6, 6)
    cache.forget(identity(first))
    embed({"a": first, "b": second}, task_of(SOUNDS[:2]), cache=cache)
    assert (first.n_windows, second.n_windows) == (12, 6)


def test_an_unusable_clip_does_not_make_others_be_embedded_again(tmp_path):
    class Newcomer(Moments):
        pass

    cache, first, second = EmbeddingCache(tmp_path / "cache"), Moments(), Newcomer()
    task = task_of([SOUNDS[0], None, SOUNDS[1]])
    embed({"a": first}, task, cache=cache)
    _, clips, skipped = embed({"a": first, "b": second}, task, cache=cache)
    assert (first.n_windows, second.n_windows) == (6, 6)
    assert clips.tolist() == [0, 2] and [each["clip"] for each in skipped] == ["clip 1"]


def test_only_a_changed_clip_is_embedded_again(tmp_path):
    embed({"": Moments()}, task_of(SOUNDS[:2]), cache=EmbeddingCache(tmp_path / "cache"))
    again = Moments()
    changed, _, _ = embed({"": again}, task_of([SOUNDS[0], SOUNDS[2]]), cache=EmbeddingCache(tmp_path / "cache"))
    assert again.n_windows == 3
    np.testing.assert_allclose(changed[""].mean[:, 0], [0.1, 0.3], rtol=1e-6)


def test_another_weight_or_window_is_another_encoder(encoder):
    same, other = encoder.untrained(seed=7), encoder.untrained(seed=8)
    assert identity(encoder) == identity(same) != identity(other)
    same.window_s = 0.25
    assert identity(encoder) != identity(same)


class Wide(Moments):
    """Frames wider than the embedding, an odd number of them, and two layers."""

    def embed_with_frames(self, waveform):
        frames = torch.stack([waveform[:, i] * torch.ones(3, 1) for i in range(3)]).permute(2, 0, 1)
        return self(waveform), frames

    def embed_layers(self, waveform):
        return torch.stack([waveform[:, :4], -waveform[:, :4]], dim=1)


def test_frames_and_layers_have_sizes_of_their_own(tmp_path):
    cache, ramp = EmbeddingCache(tmp_path / "cache"), np.arange(25, dtype=np.float32) / 32
    first = embed({"": Wide()}, task_of([ramp]), cache=cache)[0][""]
    assert first.layers is None and first.frames(0).shape == (9, 3)
    np.testing.assert_array_equal(first.frames(0)[:, 2], ramp[[0, 1, 2, 10, 11, 12, 15, 16, 17]])
    encoder = Wide()
    embeddings = embed({"": encoder}, task_of([ramp]), cache=cache, layers=True)[0][""]
    windows = np.stack([ramp[start : start + 4] for start in (0, 10, 15)])
    np.testing.assert_array_equal(embeddings.layers(0), [windows, -windows])
    again = Wide()
    np.testing.assert_array_equal(
        embed({"": again}, task_of([ramp]), cache=cache, layers=True)[0][""].layers(0), [windows, -windows]
    )
    assert encoder.n_windows == 3 and again.n_windows == 0
    cache.forget(identity(again))
    assert not cache.has(identity(again), str(ramp), layers=True)


@pytest.mark.parametrize("table, column", [("embeddings", "mean"), ("embeddings", "frames"), ("layers", "layers")])
@pytest.mark.parametrize("damage", ["zeroblob(length({0}))", "CAST(substr({0}, 1, length({0}) - 1) AS BLOB)", "NULL"])
def test_a_damaged_row_is_made_again(table, column, damage, tmp_path):
    whole = embed({"": Wide()}, task_of(SOUNDS), cache=EmbeddingCache(tmp_path / "cache"), layers=True)[0][""]
    with closing(sqlite3.connect(tmp_path / "cache")) as file, file:
        file.execute(f"UPDATE {table} SET {column} = {damage.format(column)} WHERE clip = ?", (str(SOUNDS[1]),))
    again = Wide()
    found = embed({"": again}, task_of(SOUNDS), cache=EmbeddingCache(tmp_path / "cache"), layers=True)[0][""]
    for row in range(3):
        assert np.array_equal(found.frames(row), whole.frames(row))
        assert np.array_equal(found.layers(row), whole.layers(row))
    assert np.array_equal(found.mean, whole.mean) and again.n_windows == 3


def test_damaged_predictions_are_made_again(tmp_path):
    made = Predictions(np.array([0, 1]), np.ones((1, 2, 2), dtype=np.float32), {"C": 1})
    EmbeddingCache(tmp_path / "cache").predictions("key", lambda: made)
    assert EmbeddingCache(tmp_path / "cache").predictions("key", pytest.fail).chosen == {"C": 1}
    with closing(sqlite3.connect(tmp_path / "cache")) as file, file:
        file.execute("UPDATE predictions SET value = zeroblob(length(value))")
    assert EmbeddingCache(tmp_path / "cache").predictions("key", lambda: made) is made


def test_protocols_whose_predict_is_made_elsewhere_do_not_share_their_predictions(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "made_here.py").write_text("def made(k):\n    return lambda task, on_round: None")
    for k in (1, 2):
        (tmp_path / f"with_{k}.py").write_text(f"import made_here\npredict = made_here.made({k})")
        lines = f"from functools import partial\nimport made_here\npredict = partial(made_here.made, {k})"
        (tmp_path / f"partial_{k}.py").write_text(lines)
    task = ProbeTask(Embeddings(np.zeros((2, 1), np.float32), lambda row: None), ["a", "b"], ["1", "2"])

    def key(name):
        return prediction_key(name, PROTOCOLS.find(f"{name}:"), task)

    names = ["with_1", "with_2", "partial_1", "partial_2"]
    before = [key(name) for name in names]
    assert len(set(before)) == 4
    (tmp_path / "with_1.py").write_text("import made_here\npredict = made_here.made(3)")
    (tmp_path / "partial_1.py").write_text(lines.replace("2", "3"))
    assert [key(name) == old for name, old in zip(names, before, strict=True)] == [False, True, False, True]
    (tmp_path / "made_here.py").write_text("")
    assert not set(before) & {key(name) for name in names}


def test_predictions_depend_on_the_modules_that_a_protocol_calls(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "k_of_mine.py").write_text("K = 1\n")
    (tmp_path / "calling_protocol.py").write_text(
        "def predict(task, on_round):\n    from k_of_mine import K\n    return K\n"
    )
    task = ProbeTask(Embeddings(np.zeros((2, 1), np.float32), lambda row: None), ["a", "b"], ["1", "2"])
    protocol = PROTOCOLS.find("calling_protocol:")
    before = prediction_key("calling_protocol", protocol, task)
    (tmp_path / "k_of_mine.py").write_text("K = 2\n")
    assert prediction_key("calling_protocol", protocol, task) != before


@pytest.mark.parametrize("module", [heads, metrics, splits, targets])
def test_predictions_depend_on_what_makes_heads_scores_splits_and_targets(module, tmp_path, monkeypatch):
    task = ProbeTask(Embeddings(np.zeros((2, 1), np.float32), lambda row: None), ["a", "b"], ["1", "2"])
    before = prediction_key("knn", knn, task)
    (tmp_path / "changed.py").write_bytes(Path(module.__file__).read_bytes() + b"# changed")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "changed.py"))
    assert prediction_key("knn", knn, task) != before


def test_a_file_that_is_no_cache_is_named_and_stays(tmp_path):
    (tmp_path / "cache").write_bytes(b"a recording" * 1000)
    with pytest.raises(ValueError, match=r"cache of embeddings .*cache: file is not a database; delete it, or name"):
        EmbeddingCache(tmp_path / "cache")
    assert (tmp_path / "cache").read_bytes() == b"a recording" * 1000


def test_a_full_disk_is_no_reason_to_delete_a_cache(tmp_path):
    cache = EmbeddingCache(tmp_path / "cache")
    cache._file.execute("PRAGMA max_page_count = 1")  # no more pages than there are
    with pytest.raises(ValueError, match=r"cache: database or disk is full; free space there, or name"):
        cache.put("encoder", "clip", np.zeros(99999), np.zeros((1, 1)))


@pytest.mark.parametrize("at", [0.25, 0.5, 0.75])
def test_a_cache_with_a_damaged_page_gives_the_same_embeddings_or_one_error(at, tmp_path):
    sounds = [np.full(25, level / 1000, dtype=np.float32) for level in range(300)]
    whole = embed({"": Wide()}, task_of(sounds), cache=EmbeddingCache(tmp_path / "cache"))[0][""]
    with closing(sqlite3.connect(tmp_path / "cache")) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray((tmp_path / "cache").read_bytes())
    start = int(len(content) * at) // 4096 * 4096
    content[start : start + 4096] = bytes(4096)
    (tmp_path / "cache").write_bytes(content)
    try:
        found = embed({"": Wide()}, task_of(sounds), cache=EmbeddingCache(tmp_path / "cache"))[0][""]
    except ValueError as error:
        assert str(error).startswith(f"cache of embeddings {tmp_path / 'cache'}: ") and "delete it" in str(error)
    else:
        assert np.array_equal(found.mean, whole.mean)
        assert all(np.array_equal(found.frames(row), whole.frames(row)) for row in range(300))


def test_the_same_bytes_under_another_suffix_are_read_anew(make_pack, encoder):
    """Else a .raw file, which has no sample rate, would be used or not by what was embedded before."""
    pack, cache = make_pack(), EmbeddingCache()
    embed({"a": encoder}, read_task("pack", pack.folder, SAMPLE_RATE), cache=cache)
    (pack.folder / "audio" / "0.wav").rename(pack.folder / "audio" / "0.raw")
    pack.write([["audio/0.raw", *pack.read()[0][1:]], *pack.read()[1:]])
    _, _, skipped = embed({"a": encoder}, read_task("pack", pack.folder, SAMPLE_RATE), cache=cache)
    assert [clip["clip"] for clip in skipped] == ["audio/0.raw"]
