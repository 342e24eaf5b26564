"""MIDI system-exclusive files of the DX7 family: banks of 32 voices, and single voices.

Source: Yamaha, DX7 MIDI data format sheet, 1983.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from synths.patches.dx7 import PACKED, SINGLE, Patch

_START, _END, _YAMAHA = 0xF0, 0xF7, 0x43
_HEADER = 6  # bytes before the data
# Format number -> bytes of data.
_SIZES = {0: SINGLE, 9: 32 * PACKED}
_MAKERS = {
    0x01: "Sequential Circuits", 0x04: "Moog", 0x07: "Kurzweil", 0x0F: "Ensoniq", 0x10: "Oberheim", 0x18: "E-mu",
    0x3E: "Waldorf", 0x40: "Kawai", 0x41: "Roland", 0x42: "Korg", 0x44: "Casio", 0x47: "Akai", 0x52: "Zoom",
    0x7D: "no maker, for research", 0x7E: "every maker", 0x7F: "every maker, in real time",
    (0x00, 0x00, 0x0E): "Alesis", (0x00, 0x20, 0x29): "Novation", (0x00, 0x20, 0x32): "Behringer",
    (0x00, 0x20, 0x33): "Access", (0x00, 0x20, 0x3C): "Elektron", (0x00, 0x20, 0x6B): "Arturia",
}  # fmt: skip
_OTHER_FORMATS = {
    2: "a performance", 3: "a voice of a four-operator synthesizer", 4: "32 voices of a four-operator synthesizer",
    5: "a supplement of a DX7 II", 6: "32 supplements of a DX7 II", 0x7E: "data of another Yamaha instrument",
}  # fmt: skip


@dataclass(frozen=True)
class Bank:
    """One message: the 32 patches of a bank, or a single patch.

    Args:
        patches: 32 of them, or 1.
        channel: of the message, from 0 to 15.
    """

    patches: tuple[Patch, ...]
    channel: int = 0

    def __post_init__(self):
        if len(self.patches) not in (1, 32) or not 0 <= self.channel <= 15:
            raise ValueError(
                f"expected 1 or 32 patches, and a channel from 0 to 15; got {len(self.patches)}, {self.channel}"
            )


def read(data: bytes) -> list[Bank]:
    """The messages of a file, one after the other.

    Args:
        data: a .syx file.

    Raises:
        ValueError: no message of the DX7 family, or a corrupt one: names the byte, counted from 0.
    """
    if not data:
        raise ValueError("expected a .syx file; it is empty")
    banks, place = [], 0
    while place < len(data):
        end, bank = _message(data, place)
        banks.append(bank)
        place = end
    return banks


def write(banks: Iterable[Bank]) -> bytes:
    """The .syx file of these messages: the bytes that `read` was given."""
    out = bytearray()
    for bank in banks:
        number = 9 if len(bank.patches) == 32 else 0
        body = b"".join(patch.packed if number else patch.single() for patch in bank.patches)
        header = _START, _YAMAHA, bank.channel, number, len(body) >> 7, len(body) & 0x7F
        out += bytes((*header, *body, checksum(body), _END))
    return bytes(out)


def checksum(body: bytes) -> int:
    """The number that makes the sum of all bytes, itself included, a multiple of 128."""
    return -sum(body) & 0x7F


def _message(data: bytes, at: int) -> tuple[int, Bank]:
    """The message that starts at a byte: the byte after it, and what it holds."""
    if data[at] != _START:
        raise ValueError(f"byte {at}: expected 0xF0, the start of a message; got {data[at]:#04x}")
    head = data[at : at + _HEADER]
    if len(head) > 1 and head[1] != _YAMAHA:
        raise ValueError(f"byte {at + 1}: expected Yamaha (0x43), the maker of the DX7; got {_maker(head)}")
    if len(head) < _HEADER:
        raise ValueError(f"byte {len(data)}: the file ends within the first {_HEADER} bytes of a message")
    status, number = head[2], head[3]
    if status & 0xF0:
        raise ValueError(f"byte {at + 2}: expected a bulk dump (0x00 to 0x0f); got {status:#04x}")
    if number not in _SIZES:
        what = _OTHER_FORMATS.get(number, "an unknown format")
        raise ValueError(f"byte {at + 3}: expected format 0 (one voice) or 9 (32 voices); got {number}, {what}")
    size = _SIZES[number]
    if (head[4] << 7) + head[5] != size:
        raise ValueError(f"byte {at + 4}: expected a count of {size} bytes; got {(head[4] << 7) + head[5]}")
    start, end = at + _HEADER, at + _HEADER + size
    for place in range(start, min(end + 1, len(data))):
        if data[place] > 0x7F:
            raise ValueError(f"byte {place}: expected data below 0x80; got {data[place]:#04x}: the message is cut off")
    if len(data) < end + 2:
        raise ValueError(f"byte {len(data)}: the file ends; the message needs {end + 2 - len(data)} bytes more")
    body = data[start:end]
    if data[end] != checksum(body):
        raise ValueError(f"byte {end}: expected checksum {checksum(body):#04x} of the data; got {data[end]:#04x}")
    if data[end + 1] != _END:
        raise ValueError(f"byte {end + 1}: expected 0xF7, the end of the message; got {data[end + 1]:#04x}")
    if number == 0:
        return end + 2, Bank((Patch.of_single(body, start),), status)
    patches = tuple(Patch(body[i : i + PACKED], start + i) for i in range(0, size, PACKED))
    return end + 2, Bank(patches, status)


def _maker(head: bytes) -> str:
    code = head[1] or tuple(head[1:4])
    shown = " ".join(f"{byte:#04x}" for byte in (head[1:4] if head[1] == 0 else head[1:2]))
    return f"{_MAKERS.get(code, 'an unknown maker')} ({shown})"
