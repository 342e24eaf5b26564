"""The version of torch, for settings that torch has renamed."""

import torch

TORCH_VERSION = tuple(int(number) for number in torch.__version__.split(".")[:2])
