"""Evaluation: what an encoder has learned, asked on labelled sounds."""

from doppelganger.evaluation.packs import read_pack
from doppelganger.evaluation.protocol import evaluate
from doppelganger.evaluation.synthetic import synthetic_tasks
from doppelganger.evaluation.task import Task, UnusableClip

__all__ = ["Task", "UnusableClip", "evaluate", "read_pack", "synthetic_tasks"]
