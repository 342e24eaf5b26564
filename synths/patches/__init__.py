"""Patches of other synthesizers: banks of the DX7 family, and what they are on `synths.SixOperatorFM`."""

from synths.patches.dx7 import Patch, ranges
from synths.patches.syx import Bank, read, write

__all__ = ["Bank", "Patch", "ranges", "read", "write"]
