"""Embeddings and predictions are worked out once: kept on disk by all that they depend on."""

import inspect
import io
import json
import sqlite3
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from doppelganger.encoders import Encoder
from doppelganger.evaluation import heads, protocols, splits
from doppelganger.evaluation.probe_task import Predictions, ProbeTask

_REVISION = 1  # of how clips are cut and embedded: another one makes all that is kept stale


def identity(encoder: Encoder) -> str:
    """A hash of how an encoder is made and of its weights: another encoder, another identity."""
    hash = blake2b(json.dumps([_REVISION, encoder.recipe()], sort_keys=True).encode(), digest_size=16)
    for name, weight in sorted(encoder.state_dict().items()):
        hash.update(name.encode())
        hash.update(weight.detach().cpu().contiguous().numpy().tobytes())
    return hash.hexdigest()


def prediction_key(protocol: Any, question: ProbeTask) -> str:
    """A hash of all that a protocol's predictions depend on, its own code included."""
    predict = protocol.predict
    asked = [f"{predict.__module__}.{predict.__qualname__}", question.embeddings.key]
    asked += [question.labels, question.folds, question.seed]
    hash = blake2b(json.dumps(asked).encode(), digest_size=16)
    code = Path(inspect.getsourcefile(predict) or predict.__code__.co_filename)
    for path in sorted([code, *Path(protocols.__path__[0]).glob("*.py"), Path(heads.__file__), Path(splits.__file__)]):
        hash.update(path.read_bytes())
    return hash.hexdigest()


class EmbeddingCache:
    """One file that holds the embeddings of any number of clips by any number of encoders.

    Args:
        path: of the file, made when it is not there; none keeps nothing beyond this process. It may be
            deleted at any time, and used by several processes at once.
    """

    def __init__(self, path: Path | None = None):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path or "", timeout=60)  # "" is a temporary file
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        self._file.execute("CREATE TABLE IF NOT EXISTS predictions (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS embeddings "
            "(encoder TEXT, clip TEXT, mean BLOB, frames BLOB, PRIMARY KEY (encoder, clip)) WITHOUT ROWID"
        )

    def put(self, encoder: str, clip: str, mean: np.ndarray, frames: np.ndarray) -> None:
        """Keeps an embedding (dim,) and its frames (n_frames, dim), these in half precision."""
        # Half precision holds nothing beyond 65,504.
        frames = frames.clip(-6e4, 6e4).astype(np.float16)
        row = encoder, clip, mean.astype(np.float32).tobytes(), frames.tobytes()
        with self._file:
            self._file.execute("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?, ?)", row)

    def has(self, encoder: str, clip: str) -> bool:
        query = "SELECT 1 FROM embeddings WHERE encoder = ? AND clip = ?"
        return self._file.execute(query, (encoder, clip)).fetchone() is not None

    def mean(self, encoder: str, clip: str) -> np.ndarray:
        """The embedding of a clip, float32 (dim,)."""
        return np.frombuffer(self._blob("mean", encoder, clip), dtype=np.float32)

    def frames(self, encoder: str, clip: str) -> np.ndarray:
        """The embedding of each of its frames, float32 (n_frames, dim)."""
        dim = len(self.mean(encoder, clip))
        return np.frombuffer(self._blob("frames", encoder, clip), dtype=np.float16).reshape(-1, dim).astype(np.float32)

    def forget(self, encoder: str) -> None:
        """Drops the embeddings of an encoder; their room is used again. Predictions stay."""
        with self._file:
            self._file.execute("DELETE FROM embeddings WHERE encoder = ?", (encoder,))

    def predictions(self, key: str, predict: Callable[[], Predictions]) -> Predictions:
        """The predictions kept under a key, see `prediction_key`; worked out where there are none."""
        found = self._file.execute("SELECT value FROM predictions WHERE key = ?", (key,)).fetchone()
        if found:
            with np.load(io.BytesIO(found[0]), allow_pickle=False) as kept:
                return Predictions(kept["tested"], kept["scores"], json.loads(str(kept["chosen"])))
        made, file = predict(), io.BytesIO()
        np.savez(file, tested=made.tested, scores=made.scores, chosen=json.dumps(made.chosen))
        with self._file:
            self._file.execute("INSERT OR REPLACE INTO predictions VALUES (?, ?)", (key, file.getvalue()))
        return made

    def _blob(self, column: str, encoder: str, clip: str) -> bytes:
        query = f"SELECT {column} FROM embeddings WHERE encoder = ? AND clip = ?"
        return self._file.execute(query, (encoder, clip)).fetchone()[0]
