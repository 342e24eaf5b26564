"""Parameters and the space they span: names <-> columns of theta, theta <-> physical units."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from fnmatch import fnmatchcase

import torch
from torch import Tensor

from synths.dsp.bounds import between
from synths.parameters.curves import LEAST, bent
from synths.parameters.layout import require_same, without_docs
from synths.parameters.parameter import Parameter, can_check, ends

# By rounding to float32, a value may lie outside its range by this share of the end, or of a thousandth of the range.
_ROUNDING, _NEAR_ZERO = 1e-6, 1e-3

_MOST_ROWS = 100  # of what repr shows


class ParameterSpace(Sequence[Parameter]):
    """The ordered parameters of a synth: column i of theta is `space[i]`.

    Args:
        parameters: in the order of theta's columns, with unique names.
        revision: raised when the same values begin to sound different.
        origin: the space that this one narrows; None: itself.
    """

    def __init__(self, parameters: Iterable[Parameter], revision: int = 1, origin: ParameterSpace | None = None):
        self._parameters = tuple(parameters)
        self.origin = self if origin is None else origin
        self.revision = revision
        self.names = tuple(p.name for p in self._parameters)
        if len(set(self.names)) < len(self.names):
            twice = sorted({n for n in self.names if self.names.count(n) > 1})
            raise ValueError(f"expected parameters of different names; got more than one named {', '.join(twice)}")
        self._column_of = {name: column for column, name in enumerate(self.names)}
        self._columns_on: dict[torch.device, tuple[Tensor, ...]] = {}

    @classmethod
    def of(cls, knobs: Mapping[str, Iterable[Parameter]], revision: int = 1) -> ParameterSpace:
        """The space of several sets of knobs, each name prefixed with its slot: "adsr_1.attack"."""
        named = (replace(p, name=f"{slot}.{p.name}") for slot, parameters in knobs.items() for p in parameters)
        return cls(named, revision)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters)

    def __getitem__(self, column):
        return self._parameters[column]

    def __repr__(self) -> str:
        rows = [(p.name, f"{p.low:g}", f"{p.high:g}", "" if p.unit == "none" else p.unit) for p in self]
        if len(rows) > _MOST_ROWS:
            rows[_MOST_ROWS // 2 : -_MOST_ROWS // 2] = [("...", "", "", "")]
        rows.insert(0, ("parameter", "low", "high", "unit"))
        name, low, high = (max(len(row[column]) for row in rows) for column in range(3))
        lines = (f"{a:{name}}  {b:>{low}}  {c:>{high}}  {d}".rstrip() for a, b, c, d in rows)
        return "\n".join([f"ParameterSpace of {len(self)} parameters", *lines])

    def column(self, name: str) -> int:
        """Column of theta that holds the parameter `name`.

        Raises:
            ValueError: no such parameter; the nearest names are listed.
        """
        if name in self._column_of:
            return self._column_of[name]
        near = difflib.get_close_matches(name, self.names, n=3, cutoff=0.4) or [*self.names[:3], "..."]
        raise ValueError(f"unknown parameter {name!r}; did you mean {', '.join(near)}?")

    def _matching(self, pattern: str) -> list[int]:
        if pattern in self._column_of:
            return [self._column_of[pattern]]
        return [i for i, name in enumerate(self.names) if fnmatchcase(name, pattern)] or [self.column(pattern)]

    def narrow(self, ranges: Mapping[str, float | Sequence[float]]) -> ParameterSpace:
        """The same space with some knobs fixed (a number) or their ranges narrowed (low, high).

        Values are in physical units. Columns stay where they are; a fixed knob ignores its column. In place of a
        name, a pattern with *, ? or [12] stands for all parameters that match it; later entries win.

        Raises:
            ValueError: unknown name, or a value outside the parameter's range.
        """
        parameters = list(self._parameters)
        for pattern, given in ranges.items():
            for column in self._matching(pattern):
                p = self[column]
                low, high = (_at_edge(end, p) for end in ends(given))
                if not p.low <= low <= high <= p.high:
                    raise ValueError(
                        f"{p.name}: expected a value or [low, high] within {p.low:g} to {p.high:g} {p.unit}; "
                        f"got {given!r}"
                    )
                parameters[column] = replace(p, low=low, high=high)
        return ParameterSpace(parameters, self.revision, self.origin)

    def to_physical(self, theta: Tensor) -> Tensor:
        """Physical values of theta.

        Args:
            theta: (batch, n_parameters) in [0, 1].

        Returns:
            (batch, n_parameters) float64, each column in its parameter's unit. Double precision, so
            that every device derives the same pitch from the same theta.

        Raises:
            ValueError: a value outside [0, 1] or NaN. Where a look at the values would wait for a device, see
                `can_check`, such a value gives NaN instead.
        """
        self.check(theta, "theta")
        low, high, curve, symmetric, _ = self._columns(theta.device)
        x = theta.double()
        inside = (x >= 0) & (x <= 1)
        if can_check(theta):
            if not inside.all():
                row, column = (~inside).nonzero()[0].tolist()
                got = f"{theta[row, column].item():.8g} (row {row})"  # 1.000001 is not 1
                raise ValueError(f"{self.names[column]}: expected theta in [0, 1]; got {got}")
        else:
            x = torch.where(inside, x, torch.nan)
        return low + (high - low) * bent(x, 1 / curve, symmetric, least=LEAST)

    def to_theta(self, physical: Tensor) -> Tensor:
        """Theta of physical values: the inverse of `to_physical`. A fixed knob maps to 0.5.

        Args:
            physical: (batch, n_parameters), each column in its parameter's unit.

        Returns:
            (batch, n_parameters) float32 in [0, 1].

        Raises:
            ValueError: a value outside its range; NaN instead where a look would wait for a device, as in
                `to_physical`.

        Gradient: flows to physical; 0 at the end, or the middle, from which a curve starts.
        """
        self.check(physical, "physical values")
        low, high, *_ = self._columns(physical.device)
        value = physical.double()
        least = _NEAR_ZERO * (high - low)
        slack_low, slack_high = (_ROUNDING * torch.maximum(end.abs(), least) for end in (low, high))
        outside = ~((value >= low - slack_low) & (value <= high + slack_high))  # NaN, too
        if not can_check(physical):
            value = torch.where(outside, torch.nan, value)
        elif outside.any():
            row, column = outside.nonzero()[0].tolist()
            p = self[column]
            raise ValueError(
                f"{p.name}: expected {p.low:g} to {p.high:g} {p.unit}; got {value[row, column].item():.8g} (row {row})"
            )
        free = high > low
        unit = (value - low) / torch.where(free, high - low, 1.0)
        return torch.where(free, self.from_unit(between(unit, 0, 1)), 0.5)

    def from_unit(self, unit: Tensor) -> Tensor:
        """Theta of numbers that are uniform in physical units: undoes the curves.

        Args:
            unit: (batch, n_parameters), the place in the physical range, from 0 (low) to 1 (high).

        Returns:
            (batch, n_parameters) float32 in [0, 1].
        """
        self.check(unit, "unit values")
        _, _, curve, symmetric, _ = self._columns(unit.device)
        return bent(unit.double(), curve, symmetric).float()

    def middle(self, like: Tensor) -> Tensor:
        """The middle of every range in physical units: float64 (n_parameters,), on the device of `like`."""
        low, high, *_ = self._columns(like.device)
        return (low + high) / 2

    def choices(self, device: torch.device) -> Tensor:
        """Columns of unit "choice": bool (n_parameters,)."""
        return self._columns(device)[-1]

    def describe(self) -> list[dict]:
        """A table: one dict per parameter with name, low, high, unit, curve, symmetric, doc."""
        return [asdict(p) for p in self]

    def fingerprint(self) -> str:
        """Short hash of names, ranges, units, curves and revision: equal where the same theta is the same sound."""
        return hashlib.sha256(json.dumps([self.revision, without_docs(self.describe())]).encode()).hexdigest()[:16]

    def require(self, table: list[dict]) -> None:
        """Refuse a `describe()` table saved from another layout.

        Raises:
            ValueError: naming the first parameters that differ.
        """
        require_same(self.describe(), table)

    def _columns(self, device: torch.device) -> tuple[Tensor, ...]:
        if device not in self._columns_on:
            rows = [[p.low, p.high, p.curve, p.symmetric and p.curve != 1, p.unit == "choice"] for p in self]
            with torch.inference_mode(False):  # they are kept, and gradients may be taken later
                low, high, curve, symmetric, choice = torch.tensor(rows, dtype=torch.float64).T.contiguous().to(device)
                self._columns_on[device] = low, high, curve, symmetric.bool(), choice.bool()
        return self._columns_on[device]

    def check(self, values: Tensor, what: str) -> None:
        """Raises ValueError where values are not (batch, n_parameters), naming `what` they are."""
        if not isinstance(values, Tensor) or values.is_complex():
            kind = values.dtype if isinstance(values, Tensor) else type(values).__name__
            raise ValueError(f"expected {what} as a tensor of real numbers (batch, {len(self)}); got {kind}")
        if values.ndim != 2 or values.shape[1] != len(self):
            raise ValueError(f"expected {what} of shape (batch, {len(self)}); got {tuple(values.shape)}")


def _at_edge(value: float, parameter: Parameter) -> float:
    """An end of the parameter's range in place of its rounding to float32."""
    least = _NEAR_ZERO * (parameter.high - parameter.low)
    ends_of_range = (parameter.low, parameter.high)
    near = (edge for edge in ends_of_range if abs(value - edge) <= _ROUNDING * max(abs(edge), least))
    return next(near, value)
