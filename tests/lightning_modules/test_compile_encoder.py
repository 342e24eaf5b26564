"""A compiled encoder learns what the plain one learns, and its checkpoint loads the same."""

import pytest
import torch
from pytorch_lightning import Callback, Trainer

from doppelganger.checkpoints import load_encoder
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from lightning_modules.callbacks import CompileEncoder
from lightning_modules.pretraining import PretrainingModule
from tests.lightning_modules.test_pretraining import QUIET, data

SECONDS = torch.linspace(-1, 1, 3 * 6400).reshape(3, 6400)


def embedded(folder, *callbacks: Callback) -> torch.Tensor:
    """Embeddings by the checkpoint of a short training with these callbacks."""
    torch.manual_seed(0)
    training = PretrainingModule(
        Contrastive(ConvolutionalEncoder(channels=2, dim=None, window_s=0.4), NTXent()), torch.optim.SGD
    )
    trainer = Trainer(max_epochs=1, default_root_dir=folder, callbacks=[*callbacks], **QUIET)
    trainer.fit(training, data(8))
    trainer.save_checkpoint(folder / "last.ckpt")
    return load_encoder(folder / "last.ckpt")(SECONDS)


@pytest.mark.filterwarnings("ignore")
def test_it_learns_what_the_plain_encoder_learns(tmp_path):
    graphs = []

    def as_it_is(graph, inputs):
        graphs.append(graph)
        return graph.forward

    torch._dynamo.reset()
    torch._dynamo.register_backend(as_it_is, name="as_it_is")
    plain = embedded(tmp_path / "plain")
    assert not graphs
    compiled = embedded(tmp_path / "compiled", CompileEncoder("as_it_is"))
    assert graphs
    torch.testing.assert_close(compiled, plain)
