"""Zavalishin's state-variable filter as a loop, a reference for tests."""

import numpy as np


def loop(audio, hz, q, low, band, high, sample_rate):
    """One sample after the other: two integrators, `s1` and `s2`. hz: one for each sample."""
    s1 = s2 = 0.0
    out = np.zeros_like(audio)
    for i, (x, cutoff) in enumerate(zip(audio, hz, strict=True)):
        g = np.tan(np.pi * cutoff / sample_rate)
        hp = (x - (1 / q + g) * s1 - s2) / (1 + g / q + g * g)
        bp = g * hp + s1
        lp = g * bp + s2
        s1, s2 = g * hp + bp, g * bp + lp
        out[i] = low * lp + band * bp / q + high * hp
    return out
