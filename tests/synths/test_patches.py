"""Banks of the DX7 family: bytes in, the same bytes out, and what is wrong with others."""

import random

import pytest
import torch

import synths
from synths import patches
from synths.__main__ import main
from synths.patches.dx7 import FIELDS
from synths.presets.preset_file import Preset

# A plain tone: operator 1 at the key, its envelope open.
TONE = {"op_1.level": 99, "op_1.coarse": 1, "op_1.detune": 7, "transpose": 24, "algorithm": 31, "sync": 1}
TONE |= {f"op_1.rate_{i}": 99 for i in (1, 2, 3, 4)} | {f"op_1.level_{i}": 99 for i in (1, 2, 3)}
TONE |= {f"pitch.level_{i}": 50 for i in (1, 2, 3, 4)}


def drawn(number):
    draw = random.Random(number)
    return patches.Patch.of_values(f"VOICE {number}", {name: draw.randint(0, high) for name, high, *_ in FIELDS})


def bank(channel=0):
    return patches.write([patches.Bank(tuple(map(drawn, range(32))), channel)])


def single(number=1):
    return patches.write([patches.Bank((drawn(number),))])


def changed(data, *pairs):
    data = bytearray(data)
    for place, value in pairs:
        data[place] = value
    return bytes(data)


def resummed(data):
    """The same bank with the checksum of its data."""
    return changed(data, (len(data) - 2, -sum(data[6:-2]) & 0x7F))


def test_bytes_are_those_of_the_data_sheet():
    data = bank(channel=3)
    assert len(data) == 4104 and data[:6] == bytes([0xF0, 0x43, 3, 9, 0x20, 0]) and data[-1] == 0xF7
    assert sum(data[6:-1]) % 128 == 0
    alone = single()
    assert len(alone) == 163 and alone[:6] == bytes([0xF0, 0x43, 0, 0, 1, 0x1B]) and alone[-1] == 0xF7
    # By hand, from sections D and F of the data sheet.
    patch, body = drawn(1), alone[6:-2]
    values = patch.values()
    assert values["op_6.rate_1"] == body[0] == patch.packed[0]
    assert values["op_1.level"] == body[5 * 21 + 16] == patch.packed[5 * 17 + 14]
    assert patch.packed[12] == values["op_6.detune"] << 3 | values["op_6.rate_scaling"]
    assert patch.packed[13] == values["op_6.velocity"] << 2 | values["op_6.tremolo"]
    assert patch.packed[15] == values["op_6.coarse"] << 1 | values["op_6.fixed"]
    assert patch.packed[11] == values["op_6.right_curve"] << 2 | values["op_6.left_curve"]
    assert values["algorithm"] == body[134] == patch.packed[110] and values["transpose"] == body[144]
    assert patch.packed[116] == values["pitch_sensitivity"] << 4 | values["lfo.wave"] << 1 | values["lfo.sync"]
    assert patch.packed[111] == values["sync"] << 3 | values["feedback"]
    assert body[-10:] == b"VOICE 1   " and patch.name == "VOICE 1   "


@pytest.mark.parametrize("data", [bank(), bank(15), single(), bank() + single() + bank(2)])
def test_what_is_read_is_written(data):
    read = patches.read(data)
    assert patches.write(read) == data
    assert [p.name.strip() for p in read[0].patches][:2] in (["VOICE 0", "VOICE 1"], ["VOICE 1"])


@pytest.mark.parametrize("place", [11, 13, 15, 110])
def test_bits_without_a_meaning_are_kept(place):
    data = bank()
    data = resummed(changed(data, (6 + place, data[6 + place] | 0x40)))
    assert patches.write(patches.read(data)) == data


def test_a_byte_that_is_too_large_or_missing_is_named():
    packed = drawn(1).packed
    with pytest.raises(ValueError, match=r"^byte 117: expected a value below 0x80; got 0x9c$"):
        patches.Patch(packed[:17] + b"\x9c" + packed[18:], offset=100)
    with pytest.raises(ValueError, match=r"^expected 128 bytes; got 127$"):
        patches.Patch(packed[:127])


def test_a_bank_is_the_same_as_single_dumps():
    for patch in patches.read(bank())[0].patches:
        assert patches.Patch.of_single(patch.single()) == patch.__class__(patch.packed)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b"RIFF....", "byte 0: expected 0xF0, the start of a message; got 0x52"),
        (b"\xf0\x41\x10\x16\x12\x03", "byte 1: expected Yamaha .* got Roland"),
        (b"\xf0\x00\x20\x33\x01\x00", "byte 1: .* got Access"),
        (b"\xf0\x42", "byte 1: .* got Korg"),
        (b"\xf0\x43\x10\x00\x00\x00\xf7", "byte 2: expected a bulk dump"),
        (changed(bank(), (3, 4)), "byte 3: .* got 4, 32 voices of a four-operator synthesizer"),
        (changed(bank(), (4, 0x10)), "byte 4: expected a count of 4096 bytes; got 2048"),
        (bank()[:-1], "byte 4103: the file ends; the message needs 1 bytes more"),
        (bank()[:2000], "byte 2000: the file ends; the message needs 2104 bytes more"),
        (bank()[:2000] + b"\xf7", "byte 2000: expected data below 0x80; got 0xf7: the message is cut off"),
        (bank()[:4], "byte 4: the file ends within the first 6 bytes"),
        (changed(bank(), (4102, bank()[4102] ^ 1)), "byte 4102: expected checksum"),
        (changed(bank(), (100, (bank()[100] + 1) % 100)), "byte 4102: expected checksum"),
        (changed(bank(), (4103, 0)), "byte 4103: expected 0xF7"),
        (bank() + b"\x00", "byte 4104: expected 0xF0"),
        (resummed(changed(bank(), (148, 120))), "byte 148: op_6.level of 'VOICE 1   ': expected at most 99; got 120"),
        (resummed(changed(single(), (6 + 134, 40))), "byte 140: algorithm: expected at most 31; got 40"),
    ],
)  # fmt: skip
def test_a_corrupt_or_foreign_file_is_refused_by_byte(data, message):
    with pytest.raises(ValueError, match=message):
        patches.read(data)


def test_a_bank_cut_anywhere_is_refused():
    data = bank()
    for n in range(1, len(data), 97):
        with pytest.raises(ValueError, match=rf"byte {n}: the file ends"):
            patches.read(data[:n])


def test_every_patch_fits_the_synth():
    space = synths.SixOperatorFM(seconds=0.1).space
    extremes = [
        patches.Patch.of_values("LOW", {}),
        patches.Patch.of_values("HIGH", {name: high for name, high, *_ in FIELDS}),
    ]
    for patch in [*extremes, *map(drawn, range(32))]:
        narrowed = space.narrow(patches.ranges(patch))
        free = {p.name for p in narrowed if p.low < p.high}
        assert free == {"keyboard.midi_f0", "keyboard.duration", "keyboard.velocity"}


@pytest.mark.parametrize(
    ("values", "hz"),
    [({}, 440), ({"op_1.coarse": 0}, 220), ({"op_1.coarse": 3, "op_1.fine": 50}, 1980), ({"transpose": 36}, 880),
     ({"op_1.fixed": 1, "op_1.coarse": 2, "op_1.fine": 30}, 199.526),
     ({f"pitch.level_{i}": 82 for i in (1, 2, 3, 4)}, 880)],
)  # fmt: skip
def test_a_patch_has_the_pitch_of_the_panel(values, hz):
    ranges = patches.ranges(patches.Patch.of_values("TONE", TONE | values)) | {
        "keyboard.midi_f0": 69,
        "keyboard.duration": 4,
    }
    sound = synths.SixOperatorFM(sample_rate=16000, seconds=1.0, ranges=ranges).play(0)[0].double()
    power = torch.fft.rfft(sound * torch.hann_window(16000).double(), 1 << 18).abs()
    assert power.argmax().item() * 16000 / (1 << 18) == pytest.approx(hz, rel=2e-3)


def test_a_level_of_the_panel_is_three_quarters_of_a_decibel():
    def rms(level):
        ranges = patches.ranges(patches.Patch.of_values("TONE", TONE | {"op_1.level": level}))
        ranges |= {"keyboard.midi_f0": 69, "keyboard.duration": 4, "keyboard.velocity": 100}
        return synths.SixOperatorFM(sample_rate=16000, seconds=0.5, ranges=ranges).play(0).square().mean().sqrt().item()

    # The published table of levels against amplitude: a factor of 2 for 8 steps.
    assert rms(99) / rms(91) == pytest.approx(2, rel=0.01)
    assert rms(60) / rms(52) == pytest.approx(2, rel=0.03)
    assert rms(0) < 1e-5


def test_import_writes_presets_that_render_reads(tmp_path, capsys):
    (tmp_path / "bank.syx").write_bytes(bank())
    main(["import", str(tmp_path / "bank.syx"), "--out", str(tmp_path / "presets")])
    assert "wrote 32 presets" in capsys.readouterr().out
    paths = sorted((tmp_path / "presets").iterdir())
    assert [path.name for path in paths][:2] == ["01-VOICE-0.yaml", "02-VOICE-1.yaml"] and len(paths) == 32
    preset = Preset.read(paths[1])
    assert preset.name == "VOICE 1" and preset.synth == "sixoperatorfm"
    assert preset.parameters == pytest.approx(patches.ranges(drawn(1)))
    sound = ["--seconds", "0.1", "--sample-rate", "16000"]
    main(["render", "sixoperatorfm", "--preset", str(paths[1]), *sound, "--out", str(tmp_path / "one.wav")])
    folder = f"presets:{tmp_path / 'presets'}"
    main(["render", "sixoperatorfm", "-n", "2", "--distribution", folder, *sound, "--out", str(tmp_path / "two")])
    with pytest.raises(SystemExit):
        main(["render", "fouroperatorfm", "--preset", str(paths[1]), "--out", str(tmp_path / "none")])
    assert "expected a preset of fouroperatorfm; it is one of sixoperatorfm" in capsys.readouterr().err


def test_a_corrupt_bank_writes_nothing(tmp_path, capsys):
    (tmp_path / "bank.syx").write_bytes(bank()[:-5])
    with pytest.raises(SystemExit):
        main(["import", str(tmp_path / "bank.syx"), "--out", str(tmp_path / "presets")])
    assert "byte 4099: the file ends" in capsys.readouterr().err
    assert not (tmp_path / "presets").exists()
    with pytest.raises(SystemExit):
        main(["import", str(tmp_path / "none.syx")])
    assert "No such file" in capsys.readouterr().err
