"""Evaluate frozen encoders with probes on labelled sounds."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from doppelganger.evaluation.cache import EmbeddingCache
    from doppelganger.evaluation.scoring import evaluate
    from doppelganger.evaluation.synthetic import synthetic_tasks
    from doppelganger.evaluation.task import Task
    from doppelganger.evaluation.tasks import read_task, task_names

__all__ = ["EmbeddingCache", "Task", "evaluate", "read_task", "synthetic_tasks", "task_names"]

# Imported when first used: the baselines, the public tasks and the packs work without scikit-learn and scipy.
_MODULES = {
    "EmbeddingCache": "doppelganger.evaluation.cache",
    "Task": "doppelganger.evaluation.task",
    "evaluate": "doppelganger.evaluation.scoring",
    "read_task": "doppelganger.evaluation.tasks",
    "synthetic_tasks": "doppelganger.evaluation.synthetic",
    "task_names": "doppelganger.evaluation.tasks",
}


def __getattr__(name: str) -> Any:
    """A name of `__all__`."""
    if name not in _MODULES:
        raise AttributeError(f"module 'doppelganger.evaluation' has no attribute {name!r}")
    globals()[name] = found = getattr(importlib.import_module(_MODULES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
