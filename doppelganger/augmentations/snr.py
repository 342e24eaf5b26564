"""Signal-to-noise ratio."""

from torch import Tensor


def at_snr(sound: Tensor, background: Tensor, snr_db: Tensor) -> Tensor:
    """A background scaled to a ratio of the powers of sound and background.

    Args:
        sound, background: (batch, n_samples).
        snr_db: (batch, 1), in dB.

    Returns:
        (batch, n_samples); silence, where sound or background is silent.
    """
    level, own_level = (x.square().mean(dim=1, keepdim=True).sqrt() for x in (sound, background))
    return level / own_level.clamp_min(1e-12) * 10 ** (-snr_db / 20) * background
