"""The map of the explorer: sounds of synths and of a folder."""

import io
import json

import numpy as np
import pytest
import soundfile

from doppelganger.explorer.map import SoundMap
from doppelganger.explorer.similarity import Similarity


def test_sounds_of_synths_and_files_are_on_the_map(client):
    answer = client.json("/api/map", [("synths", "drum,modal"), ("sounds", "6")])
    points = answer["points"]
    assert [point["label"] for point in points] == ["drum"] * 6 + ["modal"] * 6 + ["folder"] * 3
    assert all(0 <= point[axis] <= 1 for point in points for axis in "xy")
    assert [skipped["name"] for skipped in answer["skipped"]] == ["broken.wav"]
    names = {point["name"]: i for i, point in enumerate(points)}
    near = points[names["200.wav"]]["nearest"]
    assert near[0][0] == names["210.wav"] and near[0][1] > 0.9 and len(near) == 5
    assert near == sorted(near, key=lambda row: -row[1])


def test_a_file_of_the_folder_is_played_by_number(client):
    points = client.json("/api/map", [("synths", "drum"), ("sounds", "3")])["points"]
    number = next(point["file"] for point in points if point["name"] == "3000.wav")
    sound, rate = soundfile.read(io.BytesIO(client.get("/api/file.wav", [("file", number)]).body))
    assert np.abs(np.fft.rfft(sound)).argmax() * rate / len(sound) == pytest.approx(3000, abs=1)


def test_the_axes_are_principal_components_with_their_shares_of_the_variance():
    """Against the eigenvalues of the embeddings' covariance."""
    embed = {}

    class Kept(Similarity):
        def embed(self, sounds, rate):
            embed["x"] = super().embed(sounds, rate)
            return embed["x"]

    answer = SoundMap(Kept("log-mel")).make(("drum", "modal"), 8, 0)
    x = embed["x"] - embed["x"].mean(axis=0)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(np.cov(x.T))[::-1]
    assert answer["variance"] == pytest.approx(values[:2] / values.sum(), abs=2e-3)
    places = np.array([[point["x"], point["y"]] for point in answer["points"]])
    spread = places.var(axis=0)
    assert spread[1] / spread[0] == pytest.approx(values[1] / values[0], rel=0.01)


def test_a_folder_without_sounds_is_refused(tmp_path):
    (tmp_path / "text.txt").write_text("no sound")
    with pytest.raises(ValueError, match=r"expected a folder with sound files, .* has none"):
        SoundMap(Similarity("log-mel"), tmp_path)


def test_files_after_the_first_200_are_counted(tmp_path):
    for i in range(203):
        soundfile.write(tmp_path / f"{i:03d}.wav", np.full(800, 0.1), 16000)
    answer = SoundMap(Similarity("log-mel"), tmp_path).make((), 1, 0)
    assert answer["n_more"] == 3 and answer["points"][-1]["name"] == "199.wav"


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("/api/map", [("synths", "perlin")], "synths: expected some of"),
        ("/api/map", [("synths", "os:system")], "synths: expected some of"),
        ("/api/map", [("synths", "drum"), ("sounds", "1000")], "sounds: expected a whole number from 0 to 60"),
        ("/api/file.wav", [("file", "4")], "file: expected a number below 4; got 4"),
        ("/api/file.wav", [("file", "../a.wav")], "file: expected a whole number"),
    ],
)
def test_a_wrong_value_is_named(client, path, query, message):
    response = client.get(path, query)
    assert response.status == 400 and message in json.loads(response.body)["error"]
