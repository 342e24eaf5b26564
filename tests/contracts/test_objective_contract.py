"""What every objective keeps: a new file in doppelganger/objectives is tested by being there."""

import os
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from doppelganger import load_encoder
from doppelganger.checkpoints import load_objective
from doppelganger.objectives.objective import Objective
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.synth_data import SynthDataModule
from tests import python
from tests.contracts.objective_cases import CASES, Case
from tests.contracts.objective_ranks import N_RANKS

ROOT = Path(__file__).parents[2]
QUIET = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False}

pytestmark = pytest.mark.filterwarnings("ignore:::pytorch_lightning.*")
every_objective = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_all_objectives_are_found():
    names = {case.cls.__name__ for case in CASES}
    assert names >= {
        "BYOL",
        "Captioning",
        "Contrastive",
        "ContrastiveFacts",
        "ContrastiveText",
        "EventDetection",
        "FactRegression",
    }
    assert names >= {"MaskedAutoencoder", "MaskedModelingDuo", "MultiTask", "ParallelDecoding", "Tagging"}
    assert {case.name for case in CASES} >= {"Contrastive-NTXent", "ContrastiveText-sigmoid"}


@every_objective
def test_it_overfits_eight_items_and_every_parameter_learns(case):
    objective, batch = case.objective().train(), case.stream()(torch.arange(8))
    start = {name: p.detach().clone() for name, p in objective.named_parameters()}
    assert all(p.ndim for p in start.values())  # fully sharded training takes no scalars
    optimizer = torch.optim.Adam([p for p in objective.parameters() if p.requires_grad], lr=4e-3)
    losses = []
    for step in range(200):
        optimizer.zero_grad()
        loss = objective(batch)["loss"]
        losses.append(loss.item())
        if step > 1 and losses[-1] - case.floor < 0.2 * (losses[0] - case.floor):
            assert losses[-1] > case.floor - 1e-5
            return
        loss.backward()
        optimizer.step()
        objective.after_step()
        if step == 1:  # a layer that starts at 0 may stop the gradient of the first step
            assert [name for name, p in objective.named_parameters() if torch.equal(p, start[name])] == []
    pytest.fail(f"the loss fell from {losses[0]} to {losses[-1]} only")


@pytest.fixture(scope="module")
def ranks(tmp_path_factory) -> dict[int, list[dict[str, dict[str, Tensor]]]]:
    """By number of ranks: what each rank found of each objective."""
    folder = tmp_path_factory.mktemp("ranks")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = python.run(["-m", "tests.contracts.objective_ranks", folder], cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return {n: [torch.load(folder / f"{rank}-of-{n}.pt") for rank in range(n)] for n in N_RANKS}


@pytest.mark.parametrize("n_ranks", N_RANKS[1:])
@every_objective
def test_ranks_learn_what_one_process_learns_from_all_items(case, n_ranks, ranks):
    (one,) = (found[case.name] for found in ranks[1])
    for found in ranks[n_ranks]:
        several = found[case.name]
        assert several.keys() == one.keys()
        for name, expected in one.items():
            scale = max(1.0, float(expected.double().abs().max()))
            error = float((several[name].double() - expected.double()).abs().max())
            assert error <= 1e-6 * scale, f"{name}: {error} of {scale}"


@pytest.mark.parametrize("n_ranks", N_RANKS[1:])
def test_a_gradient_reaches_its_rank_however_it_lies_in_memory(n_ranks, ranks):
    """Those of losses with einsum, such as most of lightly's, are transposed."""
    found = torch.cat([of_rank["transposed"]["gradient"] for of_rank in ranks[n_ranks]])
    assert found.flatten().tolist() == list(range(found.numel()))


class Trained(NamedTuple):
    """A training of four steps, and its checkpoints after two and after four."""

    case: Case
    module: PretrainingModule
    half: Path
    end: Path


def fit(case: Case, seed: int, folder: Path, ckpt_path: Path | None = None) -> Trained:
    module = PretrainingModule(case.unbuilt(seed), partial(torch.optim.AdamW, lr=0.1))
    data = SynthDataModule(case.stream(), batch_size=4, steps_per_epoch=4)
    every_two = ModelCheckpoint(folder, "{step}", every_n_train_steps=2, save_top_k=-1)
    trainer = Trainer(max_steps=4, limit_val_batches=0, callbacks=[every_two], default_root_dir=folder, **QUIET)
    torch.manual_seed(seed)
    trainer.fit(module, data, ckpt_path=ckpt_path)
    return Trained(case, module, folder / "step=2.ckpt", folder / "step=4.ckpt")


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def trained(request, tmp_path_factory) -> Trained:
    return fit(request.param, 0, tmp_path_factory.mktemp(request.param.name))


@torch.no_grad()
def test_a_checkpoint_gives_back_objective_and_encoder(trained):
    objective, batch = trained.module.objective.eval(), trained.case.stream()(torch.arange(8))
    loaded = load_objective(trained.end)
    assert type(loaded) is trained.case.cls and loaded.recipe() == objective.recipe()
    torch.testing.assert_close(loaded(batch), objective(batch), rtol=0, atol=0)
    sound = torch.randn(2, 6400)
    torch.testing.assert_close(load_encoder(trained.end)(sound), objective.encoder(sound), rtol=0, atol=0)


def test_a_resumed_training_ends_as_one_that_never_stopped(trained, tmp_path):
    resumed = fit(trained.case, 1, tmp_path, trained.half)
    half, end, again = (
        torch.load(path, weights_only=True)["state_dict"] for path in (trained.half, trained.end, resumed.end)
    )
    assert again.keys() == end.keys() == half.keys()
    for name, value in end.items():
        assert torch.equal(again[name], value), name
    targets = [name for name in end if ".target" in name and name.endswith("weight")]
    assert all(not torch.equal(end[name], half[name]) for name in targets)
    assert not targets or type(trained.module.objective).after_step is not Objective.after_step
