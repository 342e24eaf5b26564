"""Cache of embeddings and predictions on disk, keyed by everything that they depend on."""

import inspect
import io
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from doppelganger.embedding.own_code import own_code
from doppelganger.evaluation import heads, metrics, protocols, splits, targets
from doppelganger.evaluation.probe_task import Predictions, ProbeTask

_TABLES = (
    "predictions (key TEXT PRIMARY KEY, value BLOB)",
    "embeddings (encoder TEXT, clip TEXT, mean BLOB, frames BLOB, PRIMARY KEY (encoder, clip))",
    "layers (encoder TEXT, clip TEXT, layers BLOB, PRIMARY KEY (encoder, clip))",
)


def prediction_key(name: str, protocol: Any, probe_task: ProbeTask) -> str:
    """A hash of everything that the predictions of a named protocol depend on, including its code."""
    inputs = [name, probe_task.embeddings.key, probe_task.labels, probe_task.folds, probe_task.seed]
    hash = blake2b(json.dumps(inputs).encode(), digest_size=16)
    files = (heads.__file__, metrics.__file__, splits.__file__, targets.__file__)  # metrics choose an epoch of mlp
    ours = [*Path(protocols.__path__[0]).glob("*.py"), *map(Path, files)]
    for path in sorted({*own_code(_modules_of(protocol)), *ours}):
        hash.update(path.read_bytes())
    return hash.hexdigest()


def _modules_of(protocol: Any) -> set[str]:
    """The module of a protocol, and that of its `predict`, which another module may have made."""
    predict = protocol.predict
    function = predict.func if isinstance(predict, partial) else inspect.unwrap(predict)
    return {function.__module__, *([protocol.__name__] if inspect.ismodule(protocol) else [])}


class Damaged(Exception):
    """What the cache holds of a clip is not what was stored."""


class EmbeddingCache:
    """One SQLite file with the embeddings of any number of clips by any number of encoders.

    Everything is stored with a checksum. What does not fit its checksum any more counts as missing, or is `Damaged`.

    Args:
        path: cache file, created if missing; None for a temporary file that lasts as long as this process. The file
            may be deleted between runs, and used by several processes at once.

    Raises:
        ValueError: from any method: the file is no cache, is damaged as a whole, or cannot be written.
    """

    def __init__(self, path: str | Path | None = None):
        self._path = None if path is None else Path(path)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._naming():
            self._file = sqlite3.connect(self._path or "", timeout=60)  # "" is a temporary file
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = NORMAL")
            for table in _TABLES:
                self._file.execute(f"CREATE TABLE IF NOT EXISTS {table} WITHOUT ROWID")

    def put(self, encoder: str, clip: str, mean: np.ndarray, frames: np.ndarray) -> None:
        """Store an embedding (dim,), and its frames (n_frames, width) in half precision."""
        row = encoder, clip, _checked(mean.astype(np.float32).tobytes()), _checked(_in_half_precision(frames))
        self._write("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?, ?)", row)

    def put_layers(self, encoder: str, clip: str, layers: np.ndarray) -> None:
        """Store what the layers of an encoder make of a clip, (n_layers, n_windows, dim), in half precision."""
        row = encoder, clip, _checked(_in_half_precision(layers))
        self._write("INSERT OR REPLACE INTO layers VALUES (?, ?, ?)", row)

    def has(self, encoder: str, clip: str, layers: bool = False) -> bool:
        """Whether there is an embedding, and with `layers` also the layers."""
        try:
            self.mean(encoder, clip)
        except Damaged:
            return False
        query = "SELECT 1 FROM layers WHERE encoder = ? AND clip = ?"
        return not layers or self._read(query, (encoder, clip)) is not None

    def mean(self, encoder: str, clip: str) -> np.ndarray:
        """The embedding of a clip, float32 (dim,)."""
        return np.frombuffer(self._blob("mean", encoder, clip), dtype=np.float32)

    def frames(self, encoder: str, clip: str) -> np.ndarray:
        """The frame embeddings of a clip, float32 (n_frames, width)."""
        return _from_half_precision(self._blob("frames", encoder, clip))

    def layers(self, encoder: str, clip: str) -> np.ndarray:
        """What the layers make of a clip, float32 (n_layers, n_windows, dim)."""
        return _from_half_precision(self._blob("layers", encoder, clip))

    def forget(self, encoder: str) -> None:
        """Delete the embeddings of an encoder, so that their space is reused. Predictions stay."""
        self._write("DELETE FROM embeddings WHERE encoder = ?", (encoder,))
        self._write("DELETE FROM layers WHERE encoder = ?", (encoder,))

    def predictions(self, key: str, predict: Callable[[], Predictions]) -> Predictions:
        """The cached predictions of a key (see `prediction_key`); if there are none, `predict()` makes them."""
        found = self._read("SELECT value FROM predictions WHERE key = ?", (key,))
        try:
            with np.load(io.BytesIO(_unchecked(found)), allow_pickle=False) as cached:
                return Predictions(cached["tested"], cached["scores"], json.loads(str(cached["chosen"])))
        except Damaged:
            made, file = predict(), io.BytesIO()
        np.savez(file, tested=made.tested, scores=made.scores, chosen=json.dumps(made.chosen))
        self._write("INSERT OR REPLACE INTO predictions VALUES (?, ?)", (key, _checked(file.getvalue())))
        return made

    def _blob(self, column: str, encoder: str, clip: str) -> bytes:
        table = "layers" if column == "layers" else "embeddings"
        return _unchecked(self._read(f"SELECT {column} FROM {table} WHERE encoder = ? AND clip = ?", (encoder, clip)))

    def _read(self, query: str, keys: tuple[str, ...]) -> Any:
        """The one value of a row, or None."""
        with self._naming():
            found = self._file.execute(query, keys).fetchone()
        return found and found[0]

    def _write(self, query: str, row: tuple[Any, ...]) -> None:
        with self._naming(), self._file:
            self._file.execute(query, row)

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._path is None:
                hint = "free space in the folder of temporary files"
            elif "disk is full" in str(error):  # what the cache holds is whole
                hint = "free space there, or name a file elsewhere"
            else:
                hint = "delete it, or name another file"
            raise ValueError(f"cache of embeddings {self._path or '(temporary)'}: {error}; {hint}") from error


def _checked(data: bytes) -> bytes:
    """Data behind its checksum."""
    return zlib.crc32(data).to_bytes(4, "big") + data


def _unchecked(stored: Any) -> bytes:
    """Data of `_checked`.

    Raises:
        Damaged: there is none, or it does not fit its checksum.
    """
    data = stored[4:] if isinstance(stored, bytes) else b""
    if not data or zlib.crc32(data).to_bytes(4, "big") != stored[:4]:
        raise Damaged
    return data


def _in_half_precision(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array.clip(-6e4, 6e4).astype(np.float16))  # the largest number in half precision is 65,504
    return file.getvalue()


def _from_half_precision(blob: bytes) -> np.ndarray:
    return np.load(io.BytesIO(blob), allow_pickle=False).astype(np.float32)
