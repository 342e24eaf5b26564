"""Uploads: the header and the origin that they need, their bounds, and what is wrong with a file."""

import io
import json
import struct

import numpy as np
import pytest
import soundfile

from doppelganger.explorer import uploads
from doppelganger.explorer.server import UPLOAD_HEADER

SINE = np.sin(2 * np.pi * 440 / 16000 * np.arange(8000)) / 2
OURS = {UPLOAD_HEADER: "1"}


def file_of(sound, rate=16000, file_format="WAV", **options):
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, rate, format=file_format, **options)
    return buffer.getvalue()


def refusal(client, data, path="/api/clip", headers=OURS):
    response = client.request("POST", path, data, headers)
    return response.status, json.loads(response.body)["error"]


@pytest.mark.parametrize(
    ("file_format", "loss"), [("WAV", 1e-4), ("FLAC", 1e-4), ("AIFF", 1e-4), ("OGG", 0.05), ("MP3", 0.05)]
)
def test_a_file_is_decoded(file_format, loss):
    found = uploads.decode(file_of(SINE, file_format=file_format), 16000)
    assert len(found) == len(SINE) and np.abs(found - SINE)[500:-500].max() < loss


def test_channels_are_mixed_and_the_rate_is_that_of_the_encoder():
    stereo = np.stack([SINE, SINE / 2], axis=1)
    found = uploads.decode(file_of(stereo), 8000)
    assert len(found) == len(SINE) // 2 and found.dtype == np.float32
    np.testing.assert_allclose(found[100:-100], 0.75 * SINE[::2][100:-100], atol=1e-3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a sound file"),
        (b"no sound", "expected a sound file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "expected a sound file"),
        (file_of(SINE)[:20], "expected a sound file"),
        (file_of(SINE, file_format="FLAC")[:30], "expected a sound file"),
        (file_of(SINE, file_format="VOC"), "expected a file of the format WAV, "),
        (file_of(SINE[:0]), "holds no samples"),
        (file_of(np.full(100, np.nan), subtype="FLOAT"), "NaN, infinite or huge"),
        (file_of(np.full(100, 1e9), subtype="FLOAT"), "NaN, infinite or huge"),
        (file_of(SINE, 500), "expected a sample rate of 1000 to 192000 Hz; got 500 Hz"),
        (file_of(np.zeros((100, 9))), "expected at most 8 channels; got 9"),
        (file_of(np.zeros(61 * 8000), 8000), "expected at most 60 s of sound; got 61.0 s"),
    ],
    ids=range(12),
)
@pytest.mark.parametrize("path", ["/api/clip", "/api/match"])
def test_an_unusable_file_gets_a_message(client, data, message, path):
    status, error = refusal(client, data, path)
    assert status == 400 and message in error


def test_a_header_that_claims_more_samples_than_there_are_is_read_to_its_end():
    data = bytearray(file_of(SINE))
    data[40:44] = struct.pack("<I", 2**31)
    try:
        assert len(uploads.decode(bytes(data), 16000)) <= len(SINE)
    except ValueError as error:
        assert "expected" in str(error)


def test_a_large_upload_is_refused_before_it_is_read(client):
    status, error = refusal(client, None, headers={**OURS, "Content-Length": str(2**40)})
    assert status == 413 and error == "expected a file of at most 16 MB"


@pytest.mark.parametrize("length", ["-1", "x", "9" * 30])
def test_a_wrong_length_is_refused(client, length):
    assert refusal(client, None, headers={**OURS, "Content-Length": length})[0] == 411


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({**OURS, "Origin": "http://evil.example"}, 403),
        ({**OURS, "Origin": "null"}, 403),
        ({**OURS, "Origin": "https://127.0.0.1:{port}"}, 403),
        ({**OURS, "Sec-Fetch-Site": "cross-site"}, 403),
        ({**OURS, "Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"}, 421),
        ({**OURS, "Origin": "http://127.0.0.1:{port}"}, 200),
    ],
    ids=range(7),
)
def test_uploads_of_other_sites_are_refused(client, headers, status):
    headers = {name: value.format(port=client.port) for name, value in headers.items()}
    response = client.request("POST", "/api/clip", file_of(SINE), headers)
    assert response.status == status, response.body


def test_a_page_of_another_site_may_not_send_the_header(client):
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Headers": UPLOAD_HEADER}
    response = client.request("OPTIONS", "/api/clip", headers=asked)
    assert response.status == 501 and "Access-Control-Allow-Origin" not in response.headers


def test_only_uploads_are_posted(client):
    assert refusal(client, b"", "/api/sounds")[0] == 404


def test_an_upload_writes_no_temporary_file(client, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert client.request("POST", "/api/clip", file_of(SINE), OURS).status == 200
    assert list(tmp_path.iterdir()) == []
