"""Throughput, in trainings whose slow part is known."""

import csv
import sys

import pytest
import torch
from pytorch_lightning import Trainer
from pytorch_lightning.loggers import CSVLogger

from lightning_modules.callbacks import Throughput, throughput
from tests.lightning_modules.test_pretraining import QUIET, data, module

PARTS = ("sounds", "augmentation", "front end", "forward", "backward", "optimizer")
SLOW_S = 0.5


def figures(training, pairs, folder, every_n_steps=2, **settings) -> list[dict[str, float]]:
    """What a training of four steps of eight pairs logs of its throughput."""
    pairs.steps_per_epoch = 4
    options = QUIET | {"logger": CSVLogger(folder, name="", version=""), "limit_val_batches": 0, **settings}
    trainer = Trainer(max_epochs=1, callbacks=[Throughput(every_n_steps)], log_every_n_steps=1, **options)
    trainer.fit(training, pairs)
    with (folder / "metrics.csv").open() as file:
        rows = [{k.removeprefix("throughput/"): v for k, v in row.items() if v} for row in csv.DictReader(file)]
    return [{name: float(value) for name, value in row.items()} for row in rows if "items_per_s" in row]


@pytest.mark.filterwarnings(
    "ignore:.*does not have many workers", "ignore:.*no previously-saved", "ignore:.*hyperparam"
)
@pytest.mark.parametrize("slow", ["sounds", "front end", "forward", "backward", "optimizer"])
def test_a_slow_part_has_the_largest_share(slow, tmp_path, monkeypatch):
    training, pairs, clock = module(), data(8), [0.0]
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: clock[0])

    def wait(*_) -> None:
        clock[0] += SLOW_S

    if slow == "sounds":
        made = pairs.stream
        pairs.stream = lambda items: (wait(), made(items))[1]
        pairs.stream.synth = made.synth
    elif slow == "front end":
        energies = training.encoder.frontend.energies
        monkeypatch.setattr(training.encoder.frontend, "energies", lambda x: (wait(), energies(x))[1])
    elif slow == "forward":
        training.encoder.backbone.register_forward_hook(wait)
    elif slow == "backward":
        training.encoder.backbone.register_full_backward_hook(wait)
    else:
        monkeypatch.setattr(training.objective, "after_step", wait)
    logged = figures(training, pairs, tmp_path)
    assert len(logged) == 2  # steps 2 and 4
    for row in logged:
        assert {part: row[f"share of {part}"] for part in PARTS} == {part: float(part == slow) for part in PARTS}
        assert row["items_per_s"] == pytest.approx(8 / SLOW_S)
        assert row["real_time"] == pytest.approx(2 * 0.4 * 8 / SLOW_S)
        assert 0.1 < row["memory_gb"] < 20 and "joules_per_item" not in row


@pytest.mark.filterwarnings(
    "ignore:.*does not have many workers", "ignore:.*no previously-saved", "ignore:.*hyperparam"
)
def test_a_step_that_renders_for_several_counts_for_each_of_them(tmp_path, monkeypatch):
    training, pairs, clock = module(), data(8), [0.0]
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: clock[0])
    made, pairs.render_ahead = pairs.stream, 2

    def rendered(items: torch.Tensor):
        clock[0] += SLOW_S
        return made(items)

    pairs.stream = rendered
    pairs.stream.synth = made.synth
    (row,) = figures(training, pairs, tmp_path)  # of the second step, which has its sounds, and the third
    assert row["share of sounds"] == 1 and row["items_per_s"] == pytest.approx(2 * 8 / SLOW_S)
    assert row["real_time"] == pytest.approx(2 * 2 * 0.4 * 8 / SLOW_S)


@pytest.mark.filterwarnings(
    "ignore:.*does not have many workers", "ignore:.*no previously-saved", "ignore:.*hyperparam"
)
def test_a_validation_counts_for_no_step(tmp_path, monkeypatch):
    training, pairs, clock = module(), data(8), [0.0]
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: clock[0])
    validate = training.validation_step

    def slow(*given) -> None:
        clock[0] += SLOW_S
        validate(*given)

    monkeypatch.setattr(training, "validation_step", slow)
    training.encoder.backbone.register_forward_hook(lambda *_: clock.__setitem__(0, clock[0] + SLOW_S))
    rows = figures(training, pairs, tmp_path, every_n_steps=1, limit_val_batches=1, val_check_interval=1)
    assert [row["items_per_s"] for row in rows] == pytest.approx(3 * [8 / SLOW_S])


@pytest.mark.filterwarnings(
    "ignore:.*does not have many workers", "ignore:.*no previously-saved", "ignore:.*hyperparam"
)
def test_what_is_learned_does_not_change(tmp_path):
    torch.manual_seed(0)
    trained = []
    for n in (1, 1000):
        training = module()
        figures(training, data(8), tmp_path / str(n), n)
        trained.append(training.state_dict())
        assert not training.encoder.frontend._forward_hooks  # the callback leaves nothing behind
    assert all(torch.equal(trained[0][name], trained[1][name]) for name in trained[0])


def test_windows_tells_no_memory(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "resource", None)
    assert Throughput()._memory_gb() is None
