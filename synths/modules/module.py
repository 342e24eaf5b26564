"""Module: signal inputs, parameters, and no state."""

import inspect
from typing import Any

from synths.parameters import Parameter


class Module:
    """Base of all modules.

    A subclass declares `knobs` and ``forward(self, clock, *cables, knob, ...)``: cables are positional,
    knobs are keyword-only and arrive as (batch,) tensors in physical units. The names must match,
    which is checked when the class is defined. A module whose knobs depend on its arguments sets
    `self.knobs` itself and takes ``**knobs``.
    """

    knobs: tuple[Parameter, ...] = ()
    # Every module has its own cables and knobs, so the base promises no more than "callable".
    forward: Any

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        arguments = inspect.signature(cls.forward).parameters.values()
        if any(a.kind is a.VAR_KEYWORD for a in arguments):
            return
        taken = {a.name for a in arguments if a.kind is a.KEYWORD_ONLY}
        declared = {knob.name for knob in cls.knobs}
        if taken != declared:
            raise TypeError(
                f"{cls.__name__}.forward takes the keyword-only knobs {sorted(taken)} but the class declares "
                f"{sorted(declared)}; make them equal"
            )
