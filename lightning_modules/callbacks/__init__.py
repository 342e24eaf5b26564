"""Callbacks that log and save while an encoder trains."""

from lightning_modules.callbacks.compile_encoder import CompileEncoder
from lightning_modules.callbacks.keep_best import KeepBest
from lightning_modules.callbacks.online_probe import OnlineProbe
from lightning_modules.callbacks.pair_logger import PairLogger
from lightning_modules.callbacks.progress import OneLineProgress
from lightning_modules.callbacks.reconstruction_logger import ReconstructionLogger
from lightning_modules.callbacks.save_epoch import SaveEpoch
from lightning_modules.callbacks.save_gradients import SaveGradients
from lightning_modules.callbacks.save_on_sigterm import SaveOnSigterm
from lightning_modules.callbacks.save_predictions import SavePredictions
from lightning_modules.callbacks.throughput import Throughput
from lightning_modules.callbacks.weight_summary import WeightSummary

__all__ = [
    "CompileEncoder",
    "KeepBest",
    "OneLineProgress",
    "OnlineProbe",
    "PairLogger",
    "ReconstructionLogger",
    "SaveEpoch",
    "SaveGradients",
    "SaveOnSigterm",
    "SavePredictions",
    "Throughput",
    "WeightSummary",
]
