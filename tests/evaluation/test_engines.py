"""A task embedded by several processes, or by one that is killed."""

import os
import signal
from functools import partial

import numpy as np
import pytest

from doppelganger.evaluation import EmbeddingCache, evaluate, read_task
from doppelganger.evaluation import task_embeddings as module
from doppelganger.evaluation.task_embeddings import embed
from doppelganger.finding import find_encoder
from synths.engines import on_ray, processes
from tests import python
from tests.embedding import counting
from tests.evaluation.conftest import SAMPLE_RATE, Spectrum


@pytest.fixture
def pack(make_pack, monkeypatch):
    monkeypatch.setattr(module, "_CLIPS_AT_ONCE", 5)
    pack = make_pack()
    spoilt = pack.spoil()
    pack.write([*pack.read(), *([file, pack.read()[0][1], "1"] for file in spoilt)])
    return pack


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize("engine", [partial(processes.run, n_processes=2), partial(on_ray.run, address="local")])
def test_processes_give_the_same_embeddings(pack, engine):
    if engine.func is on_ray.run:
        pytest.importorskip("ray")
    task, encoders = read_task("pack", pack.folder, SAMPLE_RATE), {"a": Spectrum(1), "b": Spectrum(2)}
    alone, clips, skipped = embed(encoders, task)
    together, used, reasons = embed(encoders, task, engine=engine)
    assert used.tolist() == clips.tolist() and reasons == skipped and len(skipped) > 1
    for name in encoders:
        np.testing.assert_allclose(together[name].mean, alone[name].mean, atol=1e-5)
        np.testing.assert_allclose(together[name].frames(3), alone[name].frames(3), atol=1e-2)


@pytest.mark.usefixtures("forked_workers")
def test_scores_do_not_depend_on_the_engine(make_pack):
    task, encoders = read_task("pack", make_pack().folder, SAMPLE_RATE), {"trained": Spectrum(1)}
    (alone,) = evaluate(encoders, [task], ["knn"])
    (together,) = evaluate(encoders, [task], ["knn"], engine=partial(processes.run, n_processes=1))
    assert together == alone


def test_an_evaluation_that_is_killed_goes_on(make_pack, tmp_path, monkeypatch):
    pack, log, cache = make_pack(), tmp_path / "log", tmp_path / "cache.sqlite"
    code = f"""
from pathlib import Path
from doppelganger.embedding import embed as embedding
from doppelganger.evaluation import EmbeddingCache, read_task
from doppelganger.evaluation.task_embeddings import embed
from doppelganger.finding import find_encoder
embedding._BATCH = 4
encoder = find_encoder("tests.embedding.counting:Counting")
embed({{"a": encoder}}, read_task("pack", Path({str(pack.folder)!r}), 8000), cache=EmbeddingCache(Path({str(cache)!r})))
"""
    environment = os.environ | {counting.LOG: str(log), counting.KILL_AT: "12"}
    assert python.run(["-c", code], env=environment).returncode == -signal.SIGKILL
    encoder, task = find_encoder("tests.embedding.counting:Counting"), read_task("pack", pack.folder, SAMPLE_RATE)
    alone, _, _ = embed({"a": encoder}, task)
    log.unlink()
    monkeypatch.setenv(counting.LOG, str(log))
    again, _, _ = embed({"a": encoder}, task, cache=EmbeddingCache(cache))
    n_windows = sum(len(alone["a"].frames(clip)) for clip in range(len(task)))
    # Two windows went into making the encoder, eight or more were embedded and all but the last clip's are stored.
    assert n_windows - 12 <= log.stat().st_size <= n_windows - 5
    np.testing.assert_allclose(again["a"].mean, alone["a"].mean, atol=1e-6)
