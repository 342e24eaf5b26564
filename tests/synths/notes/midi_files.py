"""MIDI files, byte by byte. Source: MIDI Manufacturers Association, Standard MIDI Files 1.0, 1996."""

import struct

QUARTER = 480  # ticks
Event = tuple[int, bytes]  # ticks after the event before, and the event


def file(*tracks: bytes, division: int = QUARTER, kind: int = 1) -> bytes:
    return struct.pack(">4sIHHh", b"MThd", 6, kind, len(tracks), division) + b"".join(tracks)


def track(*events: Event, name: str = "") -> bytes:
    named = [(0, b"\xff\x03" + bytes([len(name)]) + name.encode())] if name else []
    body = b"".join(_ticks(delta) + event for delta, event in (*named, *events, (0, b"\xff\x2f\x00")))
    return struct.pack(">4sI", b"MTrk", len(body)) + body


def on(delta: int, pitch: int, velocity: int = 100, channel: int = 1) -> Event:
    """Channels count from 1, as on an instrument."""
    return delta, bytes([0x90 + channel - 1, pitch, velocity])


def off(delta: int, pitch: int, channel: int = 1) -> Event:
    return delta, bytes([0x80 + channel - 1, pitch, 0])


def control(delta: int, number: int, value: int, channel: int = 1) -> Event:
    return delta, bytes([0xB0 + channel - 1, number, value])


def wheel(delta: int, value: int, channel: int = 1) -> Event:
    """The pitch wheel, -8192 to 8191."""
    return delta, bytes([0xE0 + channel - 1, (value + 8192) & 0x7F, (value + 8192) >> 7])


def tempo(delta: int, quarter_s: float) -> Event:
    return delta, b"\xff\x51\x03" + round(quarter_s * 1e6).to_bytes(3, "big")


def _ticks(number: int) -> bytes:
    out = bytes([number & 0x7F])
    while number := number >> 7:
        out = bytes([number & 0x7F | 0x80]) + out
    return out
