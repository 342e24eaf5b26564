import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory of its own, where a planted file is seen."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
