"""Text encoders of Hugging Face, from a folder on disk."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from doppelganger.encoders.text.encoder import TextEncoder
from doppelganger.labels.captions.tokenizer import Tokenizer


class HuggingFaceText(TextEncoder):
    """Any text encoder that Hugging Face's transformers reads; the embedding is the mean of its last states.

    It has its own tokenizer, so no word is unknown, and it is trained with the audio encoder. Nothing is downloaded.
    On several devices, most models need `--trainer.strategy ddp_find_unused_parameters_true`: they have unused layers.

    Args:
        path: a folder with the model and its tokenizer, as `save_pretrained` writes them.

    Raises:
        ValueError: transformers is not installed, or there is no such folder.
    """

    tokenizer: Tokenizer

    def __init__(self, path: str):
        super().__init__()
        try:
            import transformers  # pyright: ignore[reportMissingImports] (an extra)
        except ImportError:
            raise ValueError(
                "HuggingFaceText needs the transformers package: pip install 'doppelganger-audio[transformers]'; "
                "or leave `text` out for the built-in text encoder"
            ) from None
        if not Path(path, "config.json").is_file():
            raise ValueError(f"text.path: expected a folder with a model that save_pretrained wrote; got {path}")
        # A checkpoint names the folder: code in it never runs, and the user is not asked to allow it.
        options = {"local_files_only": True, "trust_remote_code": False}
        self.model: Any = transformers.AutoModel.from_pretrained(path, **options)
        self.reader: Any = transformers.AutoTokenizer.from_pretrained(path, **options)
        self.embedding_dim = self.model.config.hidden_size

    def build(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    def forward(self, caption: Tensor) -> Tensor:
        return self.embed_texts([self.tokenizer.decode(words) for words in caption.tolist()])

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        tokens = self.reader(list(texts), padding=True, truncation=True, return_tensors="pt").to(self.model.device)
        states = self.model(**tokens).last_hidden_state
        there = tokens["attention_mask"][:, :, None]
        return (states * there).sum(dim=1) / there.sum(dim=1)

    def unknown(self, text: str) -> list[str]:
        return []  # its tokenizer splits unknown words into pieces
