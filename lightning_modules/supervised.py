"""Training on sounds whose labels are known, because we made them."""

from pytorch_lightning.cli import OptimizerCallable
from torch import Tensor

from doppelganger.labels.label_space import LabelSpace
from doppelganger.labels.labels import LabelledSounds
from doppelganger.objectives.loading import recipe_of
from doppelganger.objectives.objective import Objective
from lightning_modules.data import LabelledDataModule
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.schedules import Cosine, Schedule


class SupervisedModule(PretrainingModule):
    """Learns from labels.

    Args:
        objective: what is asked; one of `doppelganger.supervision`.
        optimizer, schedule: see `PretrainingModule`; biases and norms have no weight decay.
    """

    vectors_decay = False

    def __init__(
        self,
        objective: Objective,
        optimizer: OptimizerCallable,
        schedule: Schedule = Cosine(),  # noqa: B008 (it holds no state)
    ):
        super().__init__(objective.encoder, optimizer, schedule)
        self.objective = objective

    def setup(self, stage: str) -> None:
        super().setup(stage)
        data = self._data
        if not isinstance(data, LabelledDataModule):
            raise ValueError(f"data.class_path: expected lightning_modules.data.LabelledDataModule; got {type(data)}")
        if self.objective.labels is None:  # validation or a test after training finds it built
            self.objective.build(LabelSpace.of(data.labeller))

    def step(self, batch: LabelledSounds, stage: str) -> Tensor:
        terms = self.objective(batch)
        self.log_terms(terms, stage, len(batch.index))
        return terms["loss"]

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["objective"] = recipe_of(self.objective)

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        super().on_load_checkpoint(checkpoint)
        if self.objective.labels is not None and "objective" in checkpoint:
            self.objective.labels.require(checkpoint["objective"]["labels"])
