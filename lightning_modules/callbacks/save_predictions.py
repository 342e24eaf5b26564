"""Save the predictions of `doppelganger-train predict`."""

from pathlib import Path

import torch
from pytorch_lightning.callbacks import BasePredictionWriter

from lightning_modules.checkpoint_io import AtomicCheckpointIO


class SavePredictions(BasePredictionWriter):
    """Writes index, theta and embedding of every predicted sound to predictions-RANK.pt in the run's folder."""

    def __init__(self):
        super().__init__(write_interval="epoch")

    def write_on_epoch_end(self, trainer, pl_module, predictions, batch_indices) -> None:
        columns = {name: torch.cat([batch[name] for batch in predictions]).cpu() for name in predictions[0]}
        path = Path(trainer.log_dir or ".", f"predictions-{trainer.global_rank}.pt")
        AtomicCheckpointIO().save_checkpoint(columns, path)
        print(f"{len(columns['index'])} predictions in {path}")
