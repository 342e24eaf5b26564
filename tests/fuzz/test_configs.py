"""Configs of the training command, read and checked but not run: a config is code, see SECURITY.md."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings

from lightning_modules.command_line.cli import TrainingCLI
from tests.fuzz.mutants import N, byte_mutants, data_mutants, few, survives
from tests.lightning_modules.conftest import TINY

pytestmark = pytest.mark.filterwarnings("ignore")
fewer = settings(few, max_examples=max(N // 4, 1))  # each takes a second


@pytest.fixture(autouse=True)
def read_only(monkeypatch):
    monkeypatch.setattr(TrainingCLI, "instantiate_classes", lambda self: None)
    monkeypatch.setattr(TrainingCLI, "_run_subcommand", lambda self, subcommand: None)


def read(text: bytes) -> None:
    Path("a.yaml").write_bytes(text)
    survives(lambda: TrainingCLI(args=["fit", "--config", "a.yaml"]))


def test_values_of_configs():
    @fewer
    @given(data_mutants(TINY))
    def check(mutant):
        try:
            text = yaml.dump(mutant)
        except (RecursionError, yaml.YAMLError):
            return  # no file can hold it
        read(text.encode("utf-8", "replace"))

    check()


def test_bytes_of_configs():
    @fewer
    @given(byte_mutants(yaml.safe_dump(TINY).encode()))
    def check(mutant):
        read(mutant)

    check()
