"""A corpus at a URL."""

import hashlib
import importlib
import time
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from doppelganger.missing_packages import command_for
from doppelganger.recordings.corpus import Corpus
from synths import files
from synths.corpus.manifest import MANIFEST

_N_TRIES = 4
_BLOCK = 1 << 20
_MOST_OF_A_MANIFEST = 1 << 28  # a million shards


class NotFetched(ValueError):
    """A file of a corpus cannot be fetched whole. Training stops: other sounds in its place would not be repeatable."""


class RemoteCorpus(Corpus):
    """A corpus whose shards are fetched into a folder of this machine, each when one of its sounds is first needed.

    A shard is fetched once by all processes of a machine, compared with the checksum in the manifest, and kept. The
    manifest is fetched each time.

    Args:
        url: folder of the corpus, of any kind that fsspec opens, such as https:// or s3://.
        cache: folder of all fetched corpora; None is that of the user.

    Raises:
        NotFetched: no manifest there.
        ValueError: see `Corpus`; or a package is missing that opens such a URL; or the URL has a password.
    """

    def __init__(self, url: str, cache: str | Path | None = None):
        if urlsplit(url).password is not None:
            raise ValueError(
                "recordings: expected a URL without a password, which config.yaml and checkpoints would keep; "
                "fsspec reads one from ~/.config/fsspec/ or from the environment"
            )
        self.url = url.rstrip("/")
        folder = Path(cache or _default_cache()) / hashlib.sha256(self.url.encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(f"{self.url}/{MANIFEST}", folder / MANIFEST, _MOST_OF_A_MANIFEST)
        super().__init__(folder)

    def name(self, number: int) -> str:
        shard, row = self._place(number)
        return f"{self.url}/{self.lines[shard]['shard']}: sound {row}"

    def _file(self, shard: int) -> Path:
        """The file of a shard. Its name has the checksum: a file of that name is whole, and the right one."""
        line = self.lines[shard]
        path = self.path / f"{line['sha256'][:16]}-{line['shard']}"
        if not path.exists():
            filelock = importlib.import_module("filelock")
            with filelock.FileLock(f"{path}.lock"):
                if not path.exists():
                    _fetch(f"{self.url}/{line['shard']}", path, line["n_bytes"], line["sha256"])
        return path


def _default_cache() -> Path:
    return importlib.import_module("platformdirs").user_cache_path("doppelganger") / "corpora"


def _fetch(url: str, path: Path, most: int, sha256: str | None = None) -> None:
    """A file, whole or not at all; a few times, since connections break."""
    for left in reversed(range(_N_TRIES)):
        try:
            with files.replacing(path) as temporary:
                found = _download(url, temporary, most)
                if sha256 not in (None, found):
                    raise NotFetched(f"{url}: expected the SHA-256 {sha256}, which the manifest has; got {found}")
            return
        except ImportError as error:
            raise ValueError(f"{url}: {error}; {command_for('fsspec')}") from None
        except Exception as error:  # each kind of URL has errors of its own
            if not left:
                reason = error if isinstance(error, NotFetched) else f"{url}: {_cause(error)}"
                raise NotFetched(str(reason)) from error
            warnings.warn(f"{url} is fetched once more: {_cause(error)}", stacklevel=2)
            time.sleep(1 / left)


def _cause(error: BaseException) -> str:
    """What began it: fsspec's own error may be the address alone."""
    while error.__cause__:
        error = error.__cause__
    return str(error) or type(error).__name__


def _download(url: str, path: Path, most: int) -> str:
    """Downloads a file of at most some bytes; returns its SHA-256."""
    fsspec: Any = importlib.import_module("fsspec")
    total, n_bytes = hashlib.sha256(), 0
    with fsspec.open(url, "rb") as remote, path.open("wb") as file:
        while block := remote.read(_BLOCK):
            n_bytes += len(block)
            if n_bytes > most:
                raise NotFetched(f"{url}: expected at most {most} bytes")
            total.update(block)
            file.write(block)
    return total.hexdigest()
