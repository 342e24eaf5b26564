"""What the processes of tests/python.py have imported."""

import importlib
import sys
from typing import Any

modules: dict[str, Any] = sys.modules

# timm imports W&B where it can. The import makes a folder of temporary files, which the first fork to end would remove.
modules["wandb"] = None
for name in (
    "pytorch_lightning.cli",
    "torch._dynamo",
    "torch.utils.tensorboard",
    "omegaconf",
    "timm",
    "sklearn.manifold",
    "scipy.stats",
):
    importlib.import_module(name)
del modules["wandb"]
