"""A short training on two processes, sharded or not: python -m tests.lightning_modules.sharded_ranks FOLDER"""

import json
import sys
from functools import partial
from pathlib import Path

import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.strategies import DDPStrategy

import synths
from doppelganger import AudioEncoder
from doppelganger.objectives.masked_modeling_duo import MaskedModelingDuo
from lightning_modules.callbacks import OnlineProbe
from lightning_modules.checkpoint_io import AtomicCheckpointIO
from lightning_modules.data import SoundDataModule
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.sharding import FullySharded
from tests.forked import in_ranks

N_RANKS, N_STEPS = 2, 6
QUIET = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False}


class Losses(Callback):
    def __init__(self):
        self.values: list[float] = []
        self.n_sharded = 0

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        loss = trainer.strategy.reduce(outputs["loss"].detach().clone(), reduce_op="mean")
        self.values.append(float(loss))
        # Both sides of a large matrix; each rank has a half of it.
        self.n_sharded = sum(p.to_local().numel() < p.numel() for p in pl_module.parameters() if hasattr(p, "to_local"))


def train(folder: Path, name: str, seed: int, ckpt_path: Path | None = None) -> None:
    torch.manual_seed(seed)
    options = {"depth": 2, "patch_size": [16, 8]}
    encoder = AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options=options)
    objective = MaskedModelingDuo(encoder, decoder_dim=16, decoder_depth=1, decoder_heads=2, decay=0.9)
    module = PretrainingModule(objective, partial(torch.optim.AdamW, lr=0.01, weight_decay=0.1))
    data = SoundDataModule(synths.find("white")(n_mels=64, n_frames=48), 4, N_STEPS, n_validation_steps=1)
    strategy = DDPStrategy(find_unused_parameters=False) if name == "ddp" else FullySharded(min_weights=100_000)
    keep = ModelCheckpoint(folder / name, "{step}", every_n_train_steps=3, save_top_k=-1)
    trainer = Trainer(
        max_epochs=1,
        devices=N_RANKS,
        strategy=strategy,
        callbacks=[losses := Losses(), OnlineProbe(n_sounds=24), keep],
        plugins=[AtomicCheckpointIO()],
        default_root_dir=folder,
        **QUIET,
    )
    trainer.fit(module, data, ckpt_path=ckpt_path)
    if trainer.is_global_zero:
        probe = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("probe/")}
        figures = {"losses": losses.values, "n_sharded": losses.n_sharded, "probe": probe}
        (folder / f"{name}.json").write_text(json.dumps(figures))


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    half = {name: folder / name / "step=3.ckpt" for name in ("ddp", "sharded")}
    runs = [("ddp", 0), ("sharded", 0), ("resumed", 1, half["sharded"]), ("resumed from ddp", 1, half["ddp"])]
    for run in runs:
        in_ranks(N_RANKS, partial(train, folder, *run))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
