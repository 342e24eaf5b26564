"""Small encoders, and repositories with their commits."""

from pathlib import Path

import torch

from doppelganger.checkpoints import EXPORTED
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.frontends import LogMel
from doppelganger.export import FORMATS
from doppelganger.export.about import about
from tests.checkpoint_files import save
from tests.hub.server import Repository, Server

WAVEFORM = torch.randn(2, 8000, generator=torch.Generator().manual_seed(0))


def encoder_with(seed: int) -> ConvolutionalEncoder:
    return ConvolutionalEncoder(LogMel(n_mels=16), dim=8, window_s=0.5).untrained(seed).eval()


def published(server: Server, name: str, *encoders: ConvolutionalEncoder, **kind: bool) -> list[str]:
    """A repository with one commit an encoder, beside files that must not be read; returns the commits."""
    repository = server.repositories[name] = Repository(**kind)
    folder = Path(f"of {name.replace('/', ' ')}")
    folder.mkdir()
    commits = []
    for encoder in encoders:
        save(folder / "a.ckpt", encoder)
        FORMATS.find("safetensors").save(encoder, folder, about(encoder, folder / "a.ckpt"))
        files = {EXPORTED: (folder / EXPORTED).read_bytes(), "a.ckpt": b"a pickle", "hubconf.py": b"code"}
        commits.append(repository.commit(files))
    return commits
