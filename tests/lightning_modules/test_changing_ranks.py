"""A training on gloo processes whose number changes takes one item after the other."""

import json
import os
from pathlib import Path
from statistics import mean

import pytest

from tests import python
from tests.lightning_modules.changing_ranks import BATCH_SIZE, STAGES

ROOT = Path(__file__).parents[2]


def test_four_then_two_then_one_process_train_on_every_item_once(tmp_path):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = python.run(["-m", "tests.lightning_modules.changing_ranks", tmp_path], cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    first, step = 0, 0
    for stage, (n_ranks, end) in enumerate(STAGES):
        written = [json.loads((tmp_path / f"{stage}-{rank}.json").read_text()) for rank in range(n_ranks)]
        ranks = [rank["steps"] for rank in written]
        assert {len(steps) for steps in ranks} == {end - step}
        for blocks in zip(*ranks, strict=True):
            assert [item for block in blocks for item in block] == list(range(first, first + n_ranks * BATCH_SIZE))
            first += n_ranks * BATCH_SIZE
        step = end
        loss = mean(rank["loss"] for rank in written)
        assert [rank["logged"] for rank in written] == pytest.approx(n_ranks * [loss])
