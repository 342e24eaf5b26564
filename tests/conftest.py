"""What holds for every test."""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests import python


def pytest_addoption(parser):
    parser.addoption("--write-golden", action="store_true", help="keep what every synth sounds like now")


def pytest_configure(config):
    if "PYTEST_XDIST_WORKER" in os.environ:
        # librosa's compiled functions are kept in files. A worker that reads one while another writes it may crash.
        folder = tempfile.TemporaryDirectory()
        config.add_cleanup(folder.cleanup)
        os.environ["NUMBA_CACHE_DIR"] = folder.name
    config.addinivalue_line("markers", "slow: takes half a minute or more")
    # A warning from our own code is a mistake of ours.
    for package in ("synths", "doppelganger", "lightning_modules"):
        config.addinivalue_line("filterwarnings", rf"error:::{package}(\..*)?")


@pytest.fixture(scope="session", autouse=True)
def one_thread_and_no_terminal():
    """One thread, also in the processes that tests start: some compare bits, and others run beside it.

    Tables are as wide as a pipe allows: the workers of pytest-xdist have the COLUMNS of a terminal.
    """
    os.environ.pop("COLUMNS", None)
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)


@pytest.fixture
def few_epochs(monkeypatch):
    """For tests of evaluation that do not depend on how well a head has learned."""
    from doppelganger.evaluation.protocols import attention, gated_layers, linear, mlp, prototypes

    for module in (attention, gated_layers, linear, prototypes):
        monkeypatch.setattr(module, "TRAINING", replace(module.TRAINING, max_epochs=20))
    monkeypatch.setattr(mlp, "_TRAINING", replace(mlp._TRAINING, max_epochs=21))


@pytest.fixture
def forked_workers(monkeypatch):
    """The processes of `--processes` are forked: a new interpreter would import for seconds."""
    from synths.engines import processes

    monkeypatch.setattr(processes.multiprocessing, "get_context", lambda method: python.Workers)


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, of the system or of Playwright."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_api.sync_playwright() as playwright:
        if not chromium and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("no Chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
