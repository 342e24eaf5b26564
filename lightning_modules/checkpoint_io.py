"""How checkpoints are written, and which one a run goes on from."""

import contextlib
import zipfile
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from doppelganger.untrusted import DAMAGED, require_intact
from synths.files import replacing
from synths.files.plain_data import reason


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a temporary file beside the target and renames it, so that a stopped run leaves no half checkpoint.

    It reads tensors and plain data only, unless `weights_only` is false; nothing in a file is executed.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        if storage_options is not None or "://" in str(path):
            return super().save_checkpoint(checkpoint, path, storage_options)
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("wb") as file:
            try:
                torch.save(checkpoint, file)
            except RuntimeError as error:  # torch's own follows that of the file; given a path, there is no other
                if isinstance(error.__context__, OSError):
                    raise error.__context__ from None
                raise

    def load_checkpoint(self, path: Any, map_location: Any = "cpu", weights_only: bool | None = None) -> dict[str, Any]:
        try:
            if Path(path).is_file():
                require_intact(path)
            return super().load_checkpoint(path, map_location, True if weights_only is None else weights_only)
        except DAMAGED as error:
            raise ValueError(
                f"--ckpt_path: {path}: expected a whole checkpoint of tensors and plain data; {reason(error)}"
            ) from error


def newest_resumable(folder: Path) -> tuple[Path, list[Path]]:
    """The newest checkpoint below a folder from which training can go on, and newer files that are not whole.

    Raises:
        FileNotFoundError: there is none.
    """
    files = [path for path in folder.rglob("*.ckpt") if path.is_file()]
    if not files:
        raise FileNotFoundError(
            f"expected a checkpoint below {folder}; found none, as where a run was stopped before its first step: "
            "leave out --ckpt_path to start from the beginning"
        )
    broken = []
    for path in sorted(files, key=lambda p: (p.stat().st_mtime_ns, p.name == "last.ckpt"), reverse=True):
        with contextlib.suppress(Exception):  # whatever is wrong with a file: the one before may be whole
            require_intact(path)
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
            if "optimizer_states" in content:
                return path, broken
            continue  # whole, but weights alone
        broken.append(path)
    found = f"{len(broken)} that are cut off, and no other" if broken else "none to go on from"
    raise FileNotFoundError(f"expected a whole checkpoint below {folder}; found {found}")
