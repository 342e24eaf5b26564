"""Losses of lightly, by class path alone."""

import pytest
import torch
import yaml

from doppelganger import load_encoder
from doppelganger.checkpoints import load_objective
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.objectives.contrastive import Contrastive
from lightning_modules.command_line.cli import TrainingCLI

loss = pytest.importorskip("lightly.loss")

CONFIG = """
trainer:
  accelerator: cpu
  max_epochs: 1
  enable_model_summary: false
model:
  class_path: lightning_modules.pretraining.PretrainingModule
  init_args:
    objective:
      class_path: doppelganger.objectives.contrastive.Contrastive
      init_args:
        encoder:
          class_path: doppelganger.encoders.AudioEncoder
          init_args: {backbone: test_resnet, embedding_dim: 8, window_s: 0.4}
        loss: {class_path: lightly.loss.LOSS}
        projection_dims: [16]
    optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.1}}
data:
  class_path: lightning_modules.data.PairDataModule
  init_args:
    synth: {class_path: synths.Voice, init_args: {sample_rate: 16000, seconds: 0.4, control_rate: 480.0}}
    batch_size: 8
    steps_per_epoch: 2
    n_validation_steps: 1
"""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["VICRegLoss", "BarlowTwinsLoss", "DCLLoss"])
def test_a_loss_of_lightly_trains_and_is_given_when_its_objective_is_loaded(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lightly.yaml").write_text(yaml.safe_dump(yaml.safe_load(CONFIG.replace("LOSS", name))))
    cli = TrainingCLI(args=["fit", "--config", "lightly.yaml"])
    objective = cli.model.objective.eval()
    assert type(objective.loss) is getattr(loss, name) and cli.trainer.global_step == 2
    assert cli.trainer.callback_metrics["train/loss"].isfinite()
    before = objective.encoder.untrained(0).state_dict()
    assert any(not torch.equal(value, before[key]) for key, value in objective.encoder.state_dict().items())

    sound = torch.randn(2, 6400)
    torch.testing.assert_close(load_encoder(tmp_path)(sound), objective.encoder(sound))
    with pytest.raises(ValueError, match=rf"no arguments of lightly\.\S*{name}: .*load_objective\(path, loss=\.\.\.\)"):
        load_objective(tmp_path)
    pairs = cli.datamodule.stream(torch.arange(4))
    loaded = load_objective(tmp_path, Contrastive, loss=getattr(loss, name)())
    with torch.no_grad():
        torch.testing.assert_close(loaded(pairs)["loss"], objective(pairs)["loss"])


def test_a_loss_that_gathers_by_itself_is_refused():
    """A loss gets the embeddings of all ranks; of two ranks, it would take the other's copy of a sound for another."""
    with pytest.raises(ValueError, match="expected NTXentLoss with gather_distributed: false"):
        Contrastive(ConvolutionalEncoder(), loss.NTXentLoss(gather_distributed=True))
