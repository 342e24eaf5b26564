"""One patch of the DX7 family: its bytes, its values, and what they are on `synths.SixOperatorFM`.

Source: Yamaha, DX7 MIDI data format sheet, 1983, sections D and F; the physical meaning of values as in
music-synthesizer-for-android and Dexed.
"""

import math
from dataclasses import dataclass

import numpy as np

from synths.dsp.rate_envelopes import FLOOR_DB

PACKED, SINGLE = 128, 155  # bytes of a patch in a bank, and alone
_NAME = 10

# Each value of an operator: its name, its largest value, and its byte and lowest bit in a bank.
_OPERATOR = (
    *((f"rate_{i}", 99, i - 1, 0) for i in (1, 2, 3, 4)),
    *((f"level_{i}", 99, i + 3, 0) for i in (1, 2, 3, 4)),
    ("break_point", 99, 8, 0), ("left_depth", 99, 9, 0), ("right_depth", 99, 10, 0),
    ("left_curve", 3, 11, 0), ("right_curve", 3, 11, 2), ("rate_scaling", 7, 12, 0), ("tremolo", 3, 13, 0),
    ("velocity", 7, 13, 2), ("level", 99, 14, 0), ("fixed", 1, 15, 0), ("coarse", 31, 15, 1), ("fine", 99, 16, 0),
    ("detune", 14, 12, 3),
)  # fmt: skip
_WHOLE = (
    *((f"pitch.rate_{i}", 99, 101 + i, 0) for i in (1, 2, 3, 4)),
    *((f"pitch.level_{i}", 99, 105 + i, 0) for i in (1, 2, 3, 4)),
    ("algorithm", 31, 110, 0), ("feedback", 7, 111, 0), ("sync", 1, 111, 3), ("lfo.frequency", 99, 112, 0),
    ("lfo.delay", 99, 113, 0), ("lfo.pitch_depth", 99, 114, 0), ("lfo.level_depth", 99, 115, 0),
    ("lfo.sync", 1, 116, 0), ("lfo.wave", 5, 116, 1), ("pitch_sensitivity", 7, 116, 4), ("transpose", 48, 117, 0),
)  # fmt: skip
# Operators come from the sixth to the first. Order as in the dump of a single voice.
FIELDS = (
    tuple(
        (f"op_{i}.{name}", largest, 17 * (6 - i) + byte, bit)
        for i in (6, 5, 4, 3, 2, 1)
        for name, largest, byte, bit in _OPERATOR
    )
    + _WHOLE
)


@dataclass(frozen=True)
class Patch:
    """One voice.

    Args:
        packed: its 128 bytes in a bank.
        offset: of its first byte in the file, for errors.

    Raises:
        ValueError: a value that the DX7 does not have: names the byte.
    """

    packed: bytes
    offset: int = 0

    def __post_init__(self):
        if len(self.packed) != PACKED:
            raise ValueError(f"expected {PACKED} bytes; got {len(self.packed)}")
        for byte, value in enumerate(self.packed):
            if value > 0x7F:
                raise ValueError(f"byte {self.offset + byte}: expected a value below 0x80; got {value:#x}")
        for (name, largest, byte, _), value in zip(FIELDS, self.values().values(), strict=True):
            if value > largest:
                raise ValueError(
                    f"byte {self.offset + byte}: {name} of {self.name!r}: expected at most {largest}; got {value}"
                )

    @classmethod
    def of_single(cls, body: bytes, offset: int = 0) -> "Patch":
        """The patch of a dump of one voice, 155 bytes.

        Raises:
            ValueError: as in `Patch`.
        """
        if len(body) != SINGLE:
            raise ValueError(f"expected {SINGLE} bytes; got {len(body)}")
        packed = bytearray(PACKED)
        for place, ((name, largest, byte, bit), value) in enumerate(zip(FIELDS, body, strict=False)):
            if value > largest:
                raise ValueError(f"byte {offset + place}: {name}: expected at most {largest}; got {value}")
            packed[byte] |= value << bit
        return cls(bytes(packed[:-_NAME]) + body[-_NAME:], offset)

    @classmethod
    def of_values(cls, name: str, values: dict[str, int]) -> "Patch":
        """The patch with these values by name of `FIELDS`; those left out are 0.

        Raises:
            ValueError: an unknown field, a value out of range, or a name longer than ten characters or not ASCII.
        """
        unknown = sorted(values.keys() - {field for field, *_ in FIELDS})
        if unknown or not name.isascii() or len(name) > _NAME:
            raise ValueError(f"expected values of known names, and a name of up to 10 letters; got {unknown or name!r}")
        body = bytes(values.get(field, 0) for field, *_ in FIELDS)
        return cls.of_single(body + name.ljust(_NAME).encode())

    @property
    def name(self) -> str:
        """Its name of ten characters; what is not ASCII becomes a space."""
        return "".join(chr(byte) if 32 <= byte < 127 else " " for byte in self.packed[-_NAME:])

    def values(self) -> dict[str, int]:
        """Values by name, in the order of a dump of one voice."""
        return {
            name: self.packed[byte] >> bit & (0x7F if largest in (99, 48) else (1 << largest.bit_length()) - 1)
            for name, largest, byte, bit in FIELDS
        }

    def single(self) -> bytes:
        """Its 155 bytes in a dump of one voice."""
        return bytes(self.values().values()) + self.packed[-_NAME:]


def ranges(patch: Patch) -> dict[str, float]:
    """What a patch is on `synths.SixOperatorFM`: its argument `ranges`, in physical units.

    The key, its duration and its velocity stay free.
    """
    value = patch.values()
    made = {"keyboard.transpose": value["transpose"] - 24.0}
    made |= {name: float(value[name]) for name in ("lfo.wave", "lfo.sync")}
    made["lfo.frequency"] = float(np.interp(value["lfo.frequency"], *_LFO_HZ))
    made["lfo.delay"] = _delay_s(value["lfo.delay"])
    sensitivity = (0, 10, 20, 33, 55, 92, 153, 255)[value["pitch_sensitivity"]]
    made["lfo.pitch_depth"] = 12 * (value["lfo.pitch_depth"] * 165 >> 6) / 255 * sensitivity / 255
    made["lfo.level_depth"] = (value["lfo.level_depth"] * 165 >> 6) / 255
    made["pitch.depth"] = 1.0
    made |= {f"pitch.rate_{i}": float(value[f"pitch.rate_{i}"]) for i in (1, 2, 3, 4)}
    made |= {f"pitch.level_{i}": float(np.interp(value[f"pitch.level_{i}"], *_PITCH)) for i in (1, 2, 3, 4)}
    for i in (1, 2, 3, 4, 5, 6):
        made |= {f"op_{i}.{name}": x for name, x in _operator({n: value[f"op_{i}.{n}"] for n, *_ in _OPERATOR}).items()}
    made["algorithm.choice"] = value["algorithm"] + 1.0
    made["algorithm.feedback"] = 2 * math.pi * 2.0 ** (value["feedback"] - 7) if value["feedback"] else 0.0
    made["algorithm.sync"] = float(value["sync"])
    return made | {"output.voice": 1.0}


def _operator(value: dict[str, int]) -> dict[str, float]:
    frequency_hz = 10 ** ((value["coarse"] & 3) + value["fine"] / 100)
    made = {"coarse": value["coarse"], "fine": value["fine"] / 100, "detune": value["detune"] - 7}
    made |= {"fixed": value["fixed"], "frequency": min(frequency_hz, 9772.0)}
    made |= {"level": _level_db(_scaled(value["level"])), "velocity": 11.24 * value["velocity"]}
    made |= {f"rate_{i}": value[f"rate_{i}"] for i in (1, 2, 3, 4)}
    made |= {f"level_{i}": _level_db(_scaled(value[f"level_{i}"]) // 2 * 2 + 1) for i in (1, 2, 3, 4)}
    made |= {"rate_scaling": value["rate_scaling"] / 8, "break_point": value["break_point"] + 21}
    made |= {f"{side}_depth": 0.2418 * value[f"{side}_depth"] for side in ("left", "right")}
    made |= {f"{side}_curve": value[f"{side}_curve"] for side in ("left", "right")}
    made |= {"tremolo": (0.0, 0.2588, 0.4274, 1.0)[value["tremolo"]]}
    return {name: float(x) for name, x in made.items()}


def _scaled(level: int) -> int:
    """A level of the panel in steps of 0.75 dB; the lowest levels are further apart."""
    return level + 28 if level >= 20 else _LOW_LEVELS[level]


def _level_db(scaled: int) -> float:
    return max(FLOOR_DB, (scaled - 127) * 20 * math.log10(2) / 8) if scaled > 1 else FLOOR_DB


def _delay_s(delay: int) -> float:
    if not delay:
        return 0.0
    low = 99 - delay
    return 85.25 / ((16 + (low & 15)) << (1 + (low >> 4)))


_LOW_LEVELS = (0, 5, 9, 13, 17, 20, 23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 42, 43, 45, 46)
_LFO_HZ = (
    (0, 1, 2, 4, 10, 63, 64, 70, 80, 90, 99),
    (0.0625, 0.125, 0.312, 0.625, 1.56, 10.1, 11.25, 16.4, 25.7, 38.2, 49.3),
)
_PITCH = (
    (0, 2, 5, 8, 10, 12, 17, 18, 50, 85, 88, 91, 93, 95, 97, 99),
    [x * 0.375 for x in (-128, -104, -76, -56, -49, -43, -33, -32, 0, 35, 43, 53, 65, 82, 103, 127)],
)
