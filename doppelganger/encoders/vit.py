"""A vision transformer for spectrograms: patches of any size, sounds of any length.

Importing this makes it known to timm: `audio_vit_tiny`, `audio_vit_small` and `audio_vit_base` are backbones by name.
"""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from timm.models import register_model
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from doppelganger.encoders.positions import positions

# Options of timm's `VisionTransformer` that are set here, or that a pass over any tokens has no place for.
_NO_OPTIONS = {
    "img_size", "pos_embed", "global_pool", "fc_norm", "final_norm", "weight_init", "fix_init", "reg_tokens",
    "pre_norm", "embed_norm_layer", "pos_drop_rate", "patch_drop_rate",
}  # fmt: skip


class AudioViT(VisionTransformer):
    """timm's vision transformer with fixed positions, for spectrograms of any number of frames.

    A spectrogram is cut into patches, band by band; each is a token, plus the sine and cosine of its position. A class
    token is added.

    Args:
        n_bands: number of bands of a spectrogram, a multiple of a patch's height.
        patch_size: height and width of a patch, in bands and frames.
        pooling: of tokens to an embedding: "mean" of all; or "bands", the mean over time of the tokens of all bands
            side by side, `n_bands / patch_size[0]` times as long.
        kwargs: more arguments of timm's `VisionTransformer`.

    Raises:
        ValueError: a spectrogram, or `n_bands`, that is not a whole number of patches; no class token; an argument that
            would have no effect.

    Source: Dosovitskiy et al., An Image is Worth 16x16 Words, 2021; positions as in He et al., Masked Autoencoders
    Are Scalable Vision Learners, 2022; "bands" as in Niizumi et al., Masked Spectrogram Modeling using Masked
    Autoencoders, 2022, section 3.2.
    """

    def __init__(
        self,
        n_bands: int = 64,
        patch_size: Sequence[int] = (16, 16),
        pooling: Literal["mean", "bands"] = "mean",
        **kwargs: Any,
    ):
        if n_bands % patch_size[0]:
            raise ValueError(f"n_bands: expected a multiple of {patch_size[0]}, a patch's height; got {n_bands}")
        if pooling not in ("mean", "bands"):
            raise ValueError(f'pooling: expected "mean" or "bands"; got {pooling!r}')
        if wrong := sorted(_NO_OPTIONS & kwargs.keys()):
            raise ValueError(f"an audio_vit has no option {', '.join(wrong)}: leave it out of backbone_options")
        if not kwargs.get("class_token", True):
            raise ValueError("class_token: expected true, since masked pre-training uses the class token; got false")
        super().__init__(
            img_size=(n_bands, patch_size[1]),
            patch_size=(patch_size[0], patch_size[1]),
            pos_embed="none",
            global_pool="avg",
            fc_norm=False,
            final_norm=True,
            **kwargs,
        )
        self.patch_size = (patch_size[0], patch_size[1])
        self.n_rows = n_bands // patch_size[0]
        self.pooling = pooling
        if pooling == "bands":
            self.head_hidden_size = self.embed_dim * self.n_rows
            self.head = nn.Linear(self.head_hidden_size, self.num_classes) if self.num_classes else nn.Identity()
        self.apply(initialize)

    def grid(self, spectrogram: Tensor) -> tuple[int, int]:
        """Number of patches of a spectrogram (batch, 1, n_bands, n_frames), in height and in width."""
        (height, width), (n_bands, n_frames) = self.patch_size, spectrogram.shape[2:]
        rows, wrong = self.n_rows, n_frames % width
        if n_bands != rows * height or wrong or n_frames < width:
            near = " or ".join(str(n) for n in (n_frames - wrong, n_frames - wrong + bool(wrong) * width) if n)
            raise ValueError(
                f"expected spectrograms of {rows * height} bands and a whole number of patches of {width} frames, "
                f"{near} say; got {n_bands} x {n_frames}. Change the front end's, or the pattern's, n_mels or "
                f"n_frames (frame_multiple), or the backbone's n_bands or patch_size"
            )
        return rows, n_frames // width

    def embed(self, spectrogram: Tensor) -> Tensor:
        """Spectrogram (batch, 1, n_bands, n_frames) to tokens with positions, (batch, n_patches, embed_dim)."""
        rows, columns = self.grid(spectrogram)
        tokens = self.patch_embed.proj(spectrogram).flatten(2).mT  # (batch, rows * columns, embed_dim)
        return tokens + positions(rows, columns, self.embed_dim, tokens.device).to(tokens.dtype)

    def transform(self, tokens: Tensor) -> Tensor:
        """Any tokens (batch, n, embed_dim), of all patches or a few, to latents (batch, 1 + n, embed_dim)."""
        return self.norm(self.blocks(self._with_class_token(tokens)))

    def pooled_layers(self, spectrogram: Tensor) -> list[Tensor]:
        """The latents of each block, after the last norm and pooled as the embedding is: (batch, head_hidden_size)."""
        latents, pooled = self._with_class_token(self.embed(spectrogram)), []
        for block in self.blocks.children():
            latents = block(latents)
            pooled.append(self.forward_head(self.norm(latents), pre_logits=True))
        return pooled

    def _with_class_token(self, tokens: Tensor) -> Tensor:
        assert self.cls_token is not None
        first = self.cls_token.expand(tokens.shape[0], -1, -1)  # len would be a constant in a trace
        return torch.cat([first.to(tokens.dtype), tokens], dim=1)

    # Without timm's attention masks: masked patches are left out.
    def forward(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.forward_head(self.forward_features(x))

    def forward_features(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.transform(self.embed(x))

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        tokens = x[:, 1:].unflatten(1, (self.n_rows, -1))
        pooled = self.pool_bands(tokens.mean(dim=2))
        return pooled if pre_logits else self.head(self.head_drop(pooled))

    def pool_bands(self, tokens: Tensor) -> Tensor:
        """Tokens (..., rows, embed_dim) of one stretch of time to its features, see `pooling`."""
        return tokens.flatten(-2) if self.pooling == "bands" else tokens.mean(dim=-2)


def initialize(module: nn.Module) -> None:
    """Initialises a layer as a masked autoencoder does; an argument of `nn.Module.apply`.

    Source: github.com/facebookresearch/mae, models_mae.py, initialize_weights: linear layers and the embedding of
    patches from a Xavier uniform distribution, biases 0; norms 1 and 0; the class token from N(0, 0.02).
    """
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.xavier_uniform_(module.weight.view(module.weight.shape[0], -1))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.LayerNorm) and module.elementwise_affine:
        nn.init.ones_(module.weight)
        nn.init.zeros_(module.bias)
    elif isinstance(module, AudioViT) and module.cls_token is not None:
        nn.init.normal_(module.cls_token, std=0.02)


def _vit(embed_dim: int, num_heads: int, **kwargs: Any) -> AudioViT:
    if kwargs.get("pretrained"):
        raise ValueError("backbone_options.pretrained: expected none; timm has no weights of an audio_vit")
    for name in ("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "cache_dir"):  # timm always passes them
        kwargs.pop(name, None)
    return AudioViT(embed_dim=embed_dim, num_heads=num_heads, **kwargs)


@register_model
def audio_vit_tiny(**kwargs: Any) -> AudioViT:
    return _vit(192, 3, **kwargs)


@register_model
def audio_vit_small(**kwargs: Any) -> AudioViT:
    return _vit(384, 6, **kwargs)


@register_model
def audio_vit_base(**kwargs: Any) -> AudioViT:
    return _vit(768, 12, **kwargs)
