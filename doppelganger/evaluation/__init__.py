"""Evaluate frozen encoders with probes on labelled sounds."""

from doppelganger.evaluation.cache import EmbeddingCache
from doppelganger.evaluation.scoring import evaluate
from doppelganger.evaluation.synthetic import synthetic_tasks
from doppelganger.evaluation.task import Task
from doppelganger.evaluation.tasks import read_task, task_names

__all__ = ["EmbeddingCache", "Task", "evaluate", "read_task", "synthetic_tasks", "task_names"]
