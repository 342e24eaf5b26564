"""What sounds, pictures, pairs, synths and parameter spaces show of themselves."""

import io
import re
from base64 import b64decode

import numpy as np
import pytest
import soundfile
import torch
from matplotlib import colormaps
from PIL import Image

import synths
from doppelganger.streams.pairs import PairStream
from doppelganger.streams.perturbations.gaussian import Gaussian
from synths.showing import png

RATE = 16000


def parts(html, media_type):
    return [b64decode(data) for data in re.findall(rf'src="data:{media_type};base64,([^"]+)"', html)]


def sine(hz, seconds=0.5):
    return torch.sin(2 * torch.pi * hz * torch.arange(round(seconds * RATE)) / RATE) / 2


def test_a_picture_does_not_depend_on_the_default_type():
    sound = synths.show(sine(440), RATE)
    plain = sound.picture()
    torch.set_default_dtype(torch.bfloat16)
    try:
        assert sound.picture() == plain
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_sound_shows_a_player_with_its_samples():
    html = synths.show(sine(440), RATE)._repr_html_()
    (wav,) = parts(html, "audio/wav")
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    assert rate == RATE
    np.testing.assert_allclose(samples, sine(440).numpy(), atol=2 / 32767)


def test_arrays_are_shown_as_tensors_are():
    sound = sine(440)
    assert synths.show(sound.numpy(), RATE)._repr_html_() == synths.show(sound, RATE)._repr_html_()


@pytest.mark.parametrize("hz", [80, 440, 5000])
def test_the_brightest_row_is_that_of_the_pitch(hz):
    (data,) = parts(synths.show(sine(hz), RATE)._repr_html_(), "image/png")
    brightness = np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=float)[::-1].mean(axis=1)
    row_hz = np.geomspace(40, RATE / 2, len(brightness))
    assert row_hz[brightness.argmax()] == pytest.approx(hz, rel=0.2)


def test_the_colours_are_those_of_magma():
    levels = torch.arange(256, dtype=torch.uint8)[None]
    shown = np.asarray(Image.open(io.BytesIO(png.png(levels, coloured=True))).convert("RGB"))[0]
    assert np.abs(shown - 255 * colormaps["magma"](np.arange(256))[:, :3]).max() < 12


def test_a_title_is_text():
    html = synths.Sound(sine(440), RATE, "<script>'\"&")._repr_html_()
    assert "<script" not in html and "&lt;script&gt;&#x27;&quot;&amp;" in html


def test_several_are_shown_side_by_side_and_the_rest_is_counted():
    drum = synths.Drum(sample_rate=RATE, seconds=0.1)
    shown = synths.show(drum.play(torch.arange(20)), drum)
    assert len(shown) == 20 and shown[3].title == "3" and shown[3].seconds == 0.1
    html = shown._repr_html_()
    assert html.count("<audio") == html.count("<img") == 16 and "and 4 more" in html
    assert repr(shown).splitlines()[3].startswith("Sound('3', 0.1 s at 16000 Hz, peak 0.")


def test_a_sound_with_a_gradient_and_a_silent_one_are_shown():
    for sound in (sine(440).requires_grad_(), torch.zeros(100), torch.zeros(1)):
        assert "<audio" in synths.show(sound, RATE)._repr_html_()


def test_patterns_are_pictures():
    pattern = synths.Perlin().play([4])
    (data,) = parts(synths.show(pattern)._repr_html_(), "image/png")
    image = Image.open(io.BytesIO(data))
    levels = np.asarray(image)  # of the palette
    np.testing.assert_array_equal(levels, ((pattern[0].flip(0) + 1) / 2 * 255).round().numpy())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.zeros(2, 3, 4), RATE), r"expected \(n_samples,\) or \(batch, n_samples\); got \(2, 3, 4\)"),
        ((torch.zeros(8),), "sounds need their sample rate"),
        ((torch.zeros(2, 8), RATE, ["a"]), "expected a title for each of 2 sounds; got 1"),
        ((torch.zeros(0), RATE), r"expected samples of shape \(n_samples,\); got \(0,\)"),
    ],
)
def test_what_cannot_be_shown_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        synths.show(*arguments)


def test_pairs_show_both_views():
    stream = PairStream(synths.Modal(sample_rate=RATE, seconds=0.1), Gaussian())
    pairs = stream(torch.arange(7, 17))
    html = pairs._repr_html_()
    sounds = [soundfile.read(io.BytesIO(wav), dtype="float32")[0] for wav in parts(html, "audio/wav")]
    assert len(sounds) == 16 and "and 2 more pairs" in html and "7, a" in html and "14, b" in html
    np.testing.assert_allclose(sounds[3], pairs.b[1].numpy(), atol=2 / 32767)


def test_pairs_of_patterns_show_pictures():
    html = PairStream(synths.Perlin(), Gaussian())(torch.arange(2))._repr_html_()
    assert html.count("<img") == 4 and "<audio" not in html


def test_an_instrument_names_its_modules_and_their_parameters():
    voice = synths.Voice()
    rows = re.findall(r"^  (\w+) +(\w+), (\d+)$", repr(voice), re.M)
    assert [row[0] for row in rows] == list(voice.rack) and sum(int(row[2]) for row in rows) == len(voice.space) == 78
    assert ("lfo_1", "LFO", "8") in rows and "78 parameters, 4 s at 44100 Hz" in repr(voice)


def test_a_space_is_a_table():
    space = synths.Drum().space
    title, head, *rows = repr(space).splitlines()
    assert title == "ParameterSpace of 18 parameters" and head.split() == ["parameter", "low", "high", "unit"]
    assert [row.split()[0] for row in rows] == list(space.names)
    assert rows[0].split() == ["skin.frequency", "30", "500", "Hz"]
    assert len({row.rstrip().rfind("Hz") for row in rows if row.endswith("Hz")}) == 1  # in one column


def test_a_long_table_is_cut():
    names = [line.split()[0] for line in repr(synths.VoiceBank().space).splitlines()[2:]]
    assert len(names) == 101 and names[50] == "..." and names[-1] == synths.VoiceBank().space.names[-1]
