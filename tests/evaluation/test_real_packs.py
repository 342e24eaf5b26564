"""The three real packs, where they are."""

from pathlib import Path

import numpy as np
import pytest

from doppelganger.evaluation import read_pack
from doppelganger.evaluation.baselines import LogMelStatistics
from doppelganger.evaluation.embedding import embed
from doppelganger.evaluation.intervals import wilson
from doppelganger.evaluation.probes import linear_probe
from doppelganger.evaluation.splits import splits_of

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the recordings of shared/data are not at {DATA}")
def test_log_mel_on_esc10_scores_what_was_measured_before():
    task = read_pack(DATA / "esc10", 16000)
    embeddings, clips, skipped = embed({"log_mel": LogMelStatistics(16000, 1.0)}, task, 16000)
    assert len(clips) == 400 and not skipped
    labels = np.array(task.labels)
    predicted, _ = linear_probe(embeddings["log_mel"], labels, splits_of(np.array(task.folds), labels))
    low, high = wilson(int((predicted == labels).sum()), 400)
    assert low < 0.740 < high  # shared/facts.md
