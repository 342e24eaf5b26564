"""Encoders loaded from the Hugging Face Hub: a server of the test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save as safetensors_bytes

from doppelganger import load_encoder
from doppelganger.checkpoints import EXPORTED, load_objective
from doppelganger.finding import find_encoder
from doppelganger.hub import is_hub_name
from tests.checkpoint_files import save
from tests.hub.published import WAVEFORM, encoder_with, published
from tests.hub.server import TOKEN, Repository


def test_the_encoder_of_a_repository_is_that_which_was_published(server):
    encoder = encoder_with(seed=1)
    published(server, "me/kicks", encoder)
    for load in (load_encoder, find_encoder):
        assert torch.equal(load("me/kicks")(WAVEFORM), encoder(WAVEFORM))
    assert load_encoder("me/kicks", {"pooling": ["max"]}).arguments["pooling"] == ["max"]


def test_nothing_but_the_weights_is_requested(server):
    published(server, "me/kicks", encoder_with(seed=1))
    load_encoder("me/kicks")
    head, get = (f"{method} /me/kicks/resolve/main/{EXPORTED}" for method in ("HEAD", "GET"))
    assert server.downloads() == [head, head, get]  # the first asks whether anybody answers
    load_encoder("me/kicks")
    assert server.downloads() == [head, head, get, head]  # there is no newer one
    assert [path.name for path in Path("cache").glob("*/snapshots/*/*")] == [EXPORTED]


@pytest.mark.parametrize("kind", ["commit", "tag", "branch/of/me"])
def test_a_revision_is_pinned(server, kind):
    old, new = encoder_with(seed=1), encoder_with(seed=2)
    first, _ = published(server, "me/kicks", old, new)
    server.repositories["me/kicks"].refs |= {"tag": first, "branch/of/me": first}
    revision = first if kind == "commit" else kind
    assert torch.equal(load_encoder(f"me/kicks@{revision}")(WAVEFORM), old(WAVEFORM))
    assert torch.equal(load_encoder("me/kicks")(WAVEFORM), new(WAVEFORM))


def test_a_commit_that_was_downloaded_needs_no_request(server):
    (commit,) = published(server, "me/kicks", encoder_with(seed=1))
    load_encoder(f"me/kicks@{commit}")
    server.requests.clear()
    load_encoder(f"me/kicks@{commit}")
    assert not server.requests


def test_offline_the_cache_is_enough(server, monkeypatch):
    encoder = encoder_with(seed=1)
    published(server, "me/kicks", encoder)
    load_encoder("me/kicks")
    server.requests.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert torch.equal(load_encoder("me/kicks")(WAVEFORM), encoder(WAVEFORM))
    said = r"no checkpoint at me/snares: the cache .*/cache does not hold it, and HF_HUB_OFFLINE is set; unset"
    with pytest.raises(FileNotFoundError, match=said):
        load_encoder("me/snares")
    assert not server.requests


def test_a_hub_that_cannot_be_reached_names_the_cache(server, connect, monkeypatch):
    encoder = encoder_with(seed=1)
    published(server, "me/kicks", encoder)
    load_encoder("me/kicks")
    connect("http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: pytest.fail("it tries again"))
    assert torch.equal(load_encoder("me/kicks")(WAVEFORM), encoder(WAVEFORM))
    said = (
        r"me/snares: http://127\.0\.0\.1:9 cannot be reached \(.*refused\), and the cache .*/cache .*HF_HUB_OFFLINE=1"
    )
    with pytest.raises(FileNotFoundError, match=said):
        load_encoder("me/snares")


def test_a_connection_that_breaks_names_the_cache(server, monkeypatch):
    published(server, "me/kicks", encoder_with(seed=1))
    server.breaking = True
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    with pytest.raises(FileNotFoundError, match=r"me/kicks: http.* failed \(.*\); HF_HUB_OFFLINE=1 .*/cache"):
        load_encoder("me/kicks")


def test_the_variables_of_the_environment_are_obeyed(server, tmp_path):
    """In fresh processes: huggingface_hub reads them when it is imported."""
    published(server, "me/private", encoder_with(seed=1), private=True)
    code = f"from doppelganger.hub import download; print(download('me/private', {EXPORTED!r}).read_bytes().hex())"
    for changed in (
        {"HF_ENDPOINT": server.url, "HF_TOKEN": TOKEN},
        {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"},
    ):
        environment = os.environ | {"HF_HOME": str(tmp_path / "home")} | changed
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert bytes.fromhex(done.stdout) == Path("of me private", EXPORTED).read_bytes()
    assert len(server.downloads()) == 3 and (tmp_path / "home" / "hub" / "models--me--private").is_dir()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("me/gone", "no repository me/gone, or it is private; check the name, or log in with `hf auth login`"),
        ("me/private", "no repository me/private, or it is private; check the name, or log in with `hf auth login`"),
        ("me/gated", "is gated; accept its conditions at http://127.0.0.1:"),
        ("me/kicks@gone", "me/kicks has no revision gone"),
        (
            "me/empty",
            f"has no {EXPORTED}; expected one that `doppelganger export --push me/empty` wrote",
        ),
        ("me/other", "holds no encoder of ours"),
        ("me/a--b", "Cannot have -- or .. in repo_id"),
    ],
)
def test_what_is_not_there_is_explained(server, name, said):
    for repo, kind in {"kicks": {}, "private": {"private": True}, "gated": {"gated": True}}.items():
        published(server, f"me/{repo}", encoder_with(seed=1), **kind)
    for repo, files in {
        "empty": {"README.md": b""},
        "other": {EXPORTED: safetensors_bytes({"a": torch.ones(1)})},
    }.items():
        server.repositories[f"me/{repo}"] = Repository()
        server.repositories[f"me/{repo}"].commit(files)
    with pytest.raises((FileNotFoundError, ValueError)) as raised:
        load_encoder(name)
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_a_login_opens_what_is_private(server, logged_in):
    encoder = encoder_with(seed=1)
    published(server, "me/private", encoder, private=True)
    assert torch.equal(load_encoder("me/private")(WAVEFORM), encoder(WAVEFORM))


def test_a_command_says_it_in_one_line(server, message, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    for command, flag in {("embed", tmp_path): "--encoder: ", ("export",): ""}.items():
        line = message(*command, "--encoder", "me/gone")
        assert f"{flag}no checkpoint at me/gone: {server.url} has no repository me/gone" in line


@pytest.mark.parametrize(
    "name",
    [
        *("runs/missing", "here/missing", "./me/kicks", "/me/kicks", "~/kicks", "../me", "me/kicks/", "me/my/kicks"),
        *("me/kicks.ckpt", "me/kicks.safetensors", "me/a@1.ckpt", "me/kicks@", "a b/c", "https://hf.co/me/kicks"),
    ],
)
def test_what_looks_like_a_path_stays_off_the_network(server, name):
    Path("here").mkdir()
    assert not is_hub_name(name)
    for load in (load_encoder, find_encoder):
        with pytest.raises(FileNotFoundError, match="no checkpoint at "):
            load(name)
    assert not server.requests


def test_what_is_here_comes_before_the_hub(server):
    published(server, "me/kicks", encoder_with(seed=1))
    published(server, "me/snares", other := encoder_with(seed=2))
    Path("me/kicks").mkdir(parents=True)
    save(Path("me/kicks/a.ckpt"), own := encoder_with(seed=3))
    assert torch.equal(load_encoder("me/kicks")(WAVEFORM), own(WAVEFORM))
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at me/snares; expected .* user/repo@revision"):
        load_encoder("me/snares")
    assert not server.requests
    assert torch.equal(load_encoder("me/snares@main")(WAVEFORM), other(WAVEFORM))
    Path("me/kicks").rename("me/snares@main")
    assert torch.equal(load_encoder("me/snares@main")(WAVEFORM), own(WAVEFORM))


def test_a_path_object_and_an_objective_are_not_on_the_hub(server):
    for load, path in {load_encoder: Path("me/kicks"), load_objective: "me/kicks"}.items():
        with pytest.raises(FileNotFoundError, match="no checkpoint at me/kicks; expected"):
            load(path)
    assert not server.requests


def test_without_the_package_its_extra_is_named(monkeypatch, tmp_path, message):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"at me/kicks, .*huggingface_hub: pip install 'doppelganger-audio\[hub\]'"):
        load_encoder("me/kicks")
    line = message("export", "--encoder", "small", "--out", "out", "--push", "me/kicks")
    assert line.endswith("--push needs huggingface_hub: pip install 'doppelganger-audio[hub]'")
    assert not Path("out").exists()
