"""Pre-training: any objective, an optimizer and a schedule."""

from collections.abc import Mapping
from typing import Any

from pytorch_lightning.cli import OptimizerCallable
from pytorch_lightning.strategies import FSDPStrategy
from torch import Tensor

from doppelganger.encoders import Encoder
from doppelganger.objectives.batch_norm import across_ranks
from doppelganger.objectives.objective import Objective
from doppelganger.objectives.ranks import averaged
from doppelganger.recipe import class_path
from doppelganger.streams.pairs import Pairs
from lightning_modules.accelerators import require_whole_recordings
from lightning_modules.optimizers import exempt_vectors_from_decay, require_first_order
from lightning_modules.schedules import Cosine, Schedule
from lightning_modules.seeded import SeededModule
from lightning_modules.sharding import FullySharded
from lightning_modules.synth_data import SynthDataModule
from synths import AudioSynth, Synth


class PretrainingModule(SeededModule):
    """Trains an encoder with an objective.

    Args:
        objective: a `doppelganger.objectives.objective.Objective`, such as
            `doppelganger.objectives.contrastive.Contrastive`.
        optimizer: its `lr` is for 256 items a step, all devices together, and scales with their number.
        schedule: learning-rate factor over the training; None for `Cosine`.
        decay_norms_and_biases: apply weight decay to norms and biases as well.
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: OptimizerCallable,
        schedule: Schedule | None = None,  # not Cosine(): a config's Steps would inherit its warmup
        decay_norms_and_biases: bool = False,
    ):
        super().__init__()
        self.objective = objective
        self.optimizer = optimizer
        self.schedule = schedule or Cosine()
        self.decay_norms_and_biases = decay_norms_and_biases
        self._built = False

    @property
    def encoder(self) -> Encoder:
        return self.objective.encoder

    @property
    def _data(self) -> SynthDataModule | None:
        data = self.trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
        return data if isinstance(data, SynthDataModule) else None

    def setup(self, stage: str) -> None:
        if isinstance(self.trainer.strategy, FSDPStrategy):
            raise ValueError("trainer.strategy: expected trainers/fsdp.yaml, which is FSDP2; got fsdp, its predecessor")
        if self._data:
            _require_fitting(self._data.synth, self.encoder)
        else:
            require_whole_recordings(self.trainer)
        self._build()
        if self.trainer.world_size > 1:
            across_ranks(self.objective)

    def _build(self) -> None:
        if not self._built:  # a test after training finds its layers made
            self.objective.build(self._data.stream if self._data else None)
            self._built = True

    def configure_model(self) -> None:
        self._build()  # a moving average calls this before it copies the module, which is before setup
        if isinstance(self.trainer.strategy, FullySharded):
            self.trainer.strategy.shard(self)

    def forward(self, waveform: Tensor) -> Tensor:
        return self.encoder(waveform)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        return self._step(batch, "train")

    def validation_step(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        self._step(batch, "val")

    def test_step(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        self._step(batch, "test")

    def predict_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        sounds = batch.first if isinstance(batch, Pairs) else batch
        return {"index": sounds.index, "theta": sounds.theta, "embedding": self(sounds.sound)}

    def _step(self, batch: Any, stage: str) -> Tensor:
        terms = self.objective(batch)
        if not isinstance(terms, Mapping) or "loss" not in terms:
            raise ValueError(
                f'{type(self.objective).__name__}.forward: expected a dict with "loss"; got '
                f"{sorted(terms) if isinstance(terms, Mapping) else type(terms).__name__}"
            )
        # In a training step, Lightning's sync_dist would wait for all ranks at every term.
        named = {f"{stage}/{name}": value for name, value in averaged(terms).items()}
        # Every batch counts the same in the mean of an epoch.
        self.log_dict(named, batch_size=1, prog_bar=True, sync_dist=stage != "train")
        return terms["loss"]

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        super().optimizer_step(*args, **kwargs)
        self.objective.after_step()

    def configure_optimizers(self) -> Any:
        optimizer = self.optimizer([p for p in self.parameters() if p.requires_grad])
        require_first_order(optimizer)
        if not self.decay_norms_and_biases:
            exempt_vectors_from_decay(optimizer)
        n_items = self.batch_size * self.trainer.world_size * self.trainer.accumulate_grad_batches
        for group in optimizer.param_groups:
            group["lr"] *= n_items / 256
        return self.scheduled(optimizer, self.schedule)

    @property
    def batch_size(self) -> int:
        """Items a step on each device."""
        if self._data:
            return self._data.batch_size
        self.trainer.fit_loop.setup_data()  # else there is no loader yet
        loader: Any = self.trainer.train_dataloader
        try:
            batch_size = loader.batch_size
        except AttributeError:  # several in a list or a dict, another class, or none
            batch_size = None
        if not batch_size:
            raise ValueError("expected one training DataLoader with a batch_size, by which the learning rate is scaled")
        return batch_size

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["encoder"], checkpoint["encoder_prefix"] = self.encoder.recipe(), "objective.encoder."
        checkpoint["objective"] = self.objective.recipe()
        if self._data:
            space = self._data.synth.space
            checkpoint["space"] = {"fingerprint": space.fingerprint(), "parameters": space.describe()}

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        super().on_load_checkpoint(checkpoint)
        if self._data and "space" in checkpoint:
            try:
                self._data.synth.space.require(checkpoint["space"]["parameters"])
            except ValueError as error:
                raise ValueError(
                    f"ckpt_path: {error} To train its encoder on other sounds, leave out ckpt_path and give the "
                    "objective's encoder the class_path doppelganger.load_encoder and the checkpoint's path, as "
                    "configs/recordings/adapt.yaml does"
                ) from None
        here, there = class_path(type(self.objective)), checkpoint.get("objective", {}).get("class", "no objective")
        if here != there:
            raise ValueError(f"objective: expected a checkpoint of {here}; got one of {there}")
        self.objective.rebuild(checkpoint["objective"])


def _require_fitting(synth: Synth, encoder: Encoder) -> None:
    """Refuse sounds of another sample rate or length than those of the encoder."""
    if not isinstance(synth, AudioSynth):
        return
    if synth.sample_rate != encoder.sample_rate:
        raise ValueError(
            f"the data module's synth makes sounds at {synth.sample_rate} Hz, the front end of the objective's "
            f"encoder expects {encoder.sample_rate} Hz; give both the same sample_rate"
        )
    if abs(synth.seconds - encoder.window_s) > 0.01:
        raise ValueError(
            f"the data module's synth makes sounds of {synth.seconds:g} s, the objective's encoder has window_s: "
            f"{encoder.window_s:g}; give both the same length: files are cut into windows of window_s"
        )
