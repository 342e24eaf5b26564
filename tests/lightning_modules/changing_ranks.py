"""A training that goes on with fewer processes, 4, 2 and 1: python -m tests.lightning_modules.changing_ranks FOLDER"""

import json
import sys
from functools import partial
from pathlib import Path

import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint

import synths
from doppelganger import AudioEncoder
from doppelganger.objectives.masked_autoencoder import MaskedAutoencoder
from lightning_modules.data import SoundDataModule
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.schedules import Constant
from tests.forked import in_ranks
from tests.lightning_modules.sharded_ranks import QUIET

# Number of processes, and the step at which they stop: within an epoch of four.
STAGES = ((4, 3), (2, 5), (1, 8))
BATCH_SIZE = 2


class Indices(Callback):
    """The items that each step of a rank is trained on, and their loss."""

    def __init__(self):
        self.steps: list[list[int]] = []
        self.losses: list[float] = []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.steps.append(batch.index.tolist())
        self.losses.append(float(outputs["loss"]))


def train(folder: Path, stage: int) -> None:
    n_ranks, max_steps = STAGES[stage]
    encoder = AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options={"depth": 1, "patch_size": [16, 8]})
    objective = MaskedAutoencoder(encoder, decoder_dim=16, decoder_depth=1, decoder_heads=2)
    module = PretrainingModule(objective, partial(torch.optim.SGD, lr=0.1), Constant())
    data = SoundDataModule(synths.find("white")(n_mels=64, n_frames=48), BATCH_SIZE, 4, n_validation_steps=1)
    trainer = Trainer(
        max_steps=max_steps,
        devices=n_ranks,
        strategy="ddp" if n_ranks > 1 else "auto",
        callbacks=[indices := Indices(), ModelCheckpoint(folder, "{step}", every_n_train_steps=1, save_top_k=-1)],
        default_root_dir=folder,
        **QUIET,
    )
    before = folder / f"step={STAGES[stage - 1][1]}.ckpt" if stage else None
    trainer.fit(module, data, ckpt_path=before)
    logged = float(trainer.callback_metrics["train/loss"])
    written = {"steps": indices.steps, "loss": indices.losses[-1], "logged": logged}
    (folder / f"{stage}-{trainer.global_rank}.json").write_text(json.dumps(written))


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    for stage, (n_ranks, _) in enumerate(STAGES):
        in_ranks(n_ranks, partial(train, folder, stage))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
