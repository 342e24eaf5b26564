"""Callbacks that log and save while an encoder trains."""

from lightning_modules.callbacks.online_probe import OnlineProbe
from lightning_modules.callbacks.pair_logger import PairLogger
from lightning_modules.callbacks.reconstruction_logger import ReconstructionLogger
from lightning_modules.callbacks.save_predictions import SavePredictions

__all__ = ["OnlineProbe", "PairLogger", "ReconstructionLogger", "SavePredictions"]
