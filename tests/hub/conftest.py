"""A Hugging Face Hub of the tests, which nobody is logged in to."""

import pytest
from huggingface_hub import constants

from tests.hub import server as hub_server


@pytest.fixture
def connect(monkeypatch):
    """A function that sets the address of the Hub, as HF_ENDPOINT does before huggingface_hub is imported."""

    def connect_to(url):
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")

    return connect_to


@pytest.fixture
def server(connect, tmp_path, monkeypatch):
    """The Hub that huggingface_hub talks to, with an empty cache, in an empty folder."""
    with hub_server.running() as server:
        connect(server.url)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.chdir(tmp_path)
        yield server


@pytest.fixture
def logged_in(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", hub_server.TOKEN)


@pytest.fixture
def message(capsys):
    """A function that runs a command that must fail, and returns its one line on stderr."""
    from doppelganger.__main__ import main

    def last_line(*command):
        with pytest.raises(SystemExit) as stopped:
            main([str(part) for part in command])
        assert stopped.value.code == 2
        return capsys.readouterr().err.splitlines()[-1]

    return last_line
