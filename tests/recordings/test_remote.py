"""A corpus at a URL, against the same corpus in a folder."""

import http.server
import json
import socket
import threading
from functools import partial
from pathlib import Path

import pytest
import torch

from doppelganger.recordings import Corpus, Crops, RemoteCorpus, open_source
from doppelganger.recordings import remote as remote_module
from doppelganger.recordings.remote import NotFetched, _fetch
from tests.corpus.corpora import SETTINGS, made


class Server(http.server.SimpleHTTPRequestHandler):
    """Counts requests; breaks off, or damages, as many of the next shards as it is told to."""

    asked: list[str] = []
    n_cut, n_damaged = 0, 0

    def do_GET(self):
        cls = type(self)
        cls.asked.append(self.path)
        content = bytearray(Path(self.translate_path(self.path)).read_bytes())
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.path.endswith(".tar") and cls.n_damaged:
            cls.n_damaged -= 1
            content[700] ^= 1
        if self.path.endswith(".tar") and cls.n_cut:
            cls.n_cut -= 1
            del content[5000:]
        threading.Event().wait(0.05)  # long enough for several to ask at once
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    made(folder, n=21)
    return folder


@pytest.fixture
def url(folder, monkeypatch):
    monkeypatch.setattr(Server, "asked", [])
    monkeypatch.setattr(remote_module.time, "sleep", lambda _: None)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def shards_asked() -> list[str]:
    return [path for path in Server.asked if path.endswith(".tar")]


def crops(source) -> Crops:
    return Crops(source, sample_rate=SETTINGS["sample_rate"], seconds=0.03)


def test_sounds_and_labels_are_those_of_the_folder_and_a_shard_is_fetched_once(folder, url, tmp_path):
    remote, local = RemoteCorpus(url, tmp_path), Corpus(folder)
    assert len(remote) == len(local) == 21 and not shards_asked()
    for number in (20, 3, 9):
        assert remote.open(number).read() == local.open(number).read() and remote.label(number) == local.label(number)
    assert shards_asked() == [f"/shard-{number:06d}.tar" for number in (2, 0, 1)]
    index = torch.arange(40)
    assert torch.equal(crops(remote).play(index), crops(folder).play(index))
    assert torch.equal(crops(RemoteCorpus(url, tmp_path)).play(index), crops(folder).play(index))  # as after a resume
    assert len(shards_asked()) == 3
    assert remote.name(3) == f"{url}/shard-000000.tar: sound 3"


@pytest.mark.parametrize("fault", ["n_cut", "n_damaged"])
def test_a_download_that_was_broken_off_or_damaged_is_repeated(fault, folder, url, tmp_path, monkeypatch):
    monkeypatch.setattr(Server, fault, 2)
    with pytest.warns(UserWarning, match=r"shard-000000\.tar is fetched once more"):
        assert RemoteCorpus(url, tmp_path).open(0).read() == Corpus(folder).open(0).read()
    assert len(shards_asked()) == 3 and not list(tmp_path.rglob("*.tmp"))


@pytest.mark.filterwarnings("ignore:.*fetched once more")
def test_a_shard_that_stays_wrong_stops_the_training(url, tmp_path, monkeypatch):
    monkeypatch.setattr(Server, "n_damaged", 1000)
    with pytest.raises(NotFetched, match=r"shard-\d+\.tar: expected the SHA-256 \w{64}, which the manifest has; got"):
        crops(RemoteCorpus(url, tmp_path)).play(torch.arange(4))
    assert not list(tmp_path.rglob("*.tar"))


@pytest.mark.filterwarnings("ignore:.*fetched once more")
def test_a_longer_file_than_the_manifest_has_is_not_stored(folder, url, tmp_path, monkeypatch):
    remote = RemoteCorpus(url, tmp_path)
    monkeypatch.setitem(remote.lines[0], "n_bytes", 4096)
    with pytest.raises(NotFetched, match=r"shard-000000\.tar: expected at most 4096 bytes"):
        remote.open(0)


def test_a_checksum_in_a_manifest_names_no_other_file(folder, tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    manifest = (folder / "manifest.jsonl").read_text()
    first = json.loads(manifest.splitlines()[1])
    (there / "manifest.jsonl").write_text(manifest.replace(first["sha256"], "../../../outside"))
    with pytest.raises(ValueError, match=r"line 2: expected a SHA-256; got '\.\./\.\./\.\./outside'"):
        RemoteCorpus(f"file://{there}", tmp_path / "cache")


@pytest.mark.filterwarnings("ignore:.*fetched once more")
def test_no_corpus_there_is_named(url, tmp_path):
    with pytest.raises(NotFetched, match=r"127\.0\.0\.1:\d+/none/manifest\.jsonl"):
        RemoteCorpus(f"{url}/none/", tmp_path)


def test_threads_fetch_a_shard_once(folder, url, tmp_path):
    remote = RemoteCorpus(url, tmp_path)
    threads = [threading.Thread(target=remote.open, args=[number]) for number in (0, 1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shards_asked() == ["/shard-000000.tar"]


def test_an_address_without_a_server_says_so(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        pytest.warns(UserWarning, match="once more"),
        pytest.raises(NotFetched, match=r"(?i)manifest\.jsonl: .*connect"),
    ):
        _fetch(f"http://127.0.0.1:{port}/manifest.jsonl", tmp_path / "manifest.jsonl", 10**6)


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(ValueError, match="expected a URL without a password") as error:
        open_source("https://me:hidden@127.0.0.1:1/corpus")
    assert "hidden" not in str(error.value)
