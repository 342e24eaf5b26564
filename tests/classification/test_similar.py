"""similar as a user runs it."""

import re
import shutil

import numpy as np
import pytest

from doppelganger.__main__ import main
from doppelganger.commands.similar import similarities_of
from doppelganger.evaluation.report.similar import write_page
from tests import without
from tests.classification.conftest import write_noise, write_tone


@pytest.fixture
def folder(sounds, tmp_path):
    """Eight tones and twelve noises below one folder, a tone beside it, and a file that is no sound."""
    shutil.copytree(sounds, tmp_path / "in")
    (tmp_path / "in" / "broken.wav").write_bytes(b"no sound")
    write_tone(tmp_path / "query.wav", 50)
    return tmp_path / "in"


def files_in(out):
    return re.findall(r"(?:tone|noise)/\w+\.wav", out)


def test_the_nearest_sounds_are_of_the_same_kind(folder, capsys):
    main(["similar", str(folder.parent / "query.wav"), "--in", str(folder), "--top", "8"])
    printed = capsys.readouterr()
    assert sorted(files_in(printed.out)) == [f"tone/tone{i}.wav" for i in range(8)]
    assert "broken.wav: not a readable sound file" in printed.err
    shown = [float(number) for number in re.findall(r"-?\d\.\d{3}", printed.out)]
    assert shown == sorted(shown, reverse=True) and len(shown) == 8
    write_noise(folder.parent / "noise.wav", 50)
    main(["similar", str(folder.parent / "noise.wav"), "--in", str(folder), "--top", "12"])
    assert {name.split("/")[0] for name in files_in(capsys.readouterr().out)} == {"noise"}


def test_the_sound_itself_is_left_out_and_a_copy_of_it_comes_first(folder, capsys, monkeypatch):
    shutil.copy(folder / "tone" / "tone3.wav", folder / "noise" / "copy.wav")
    monkeypatch.chdir(folder / "tone")
    main(["similar", "tone3.wav", "--in", str(folder)])
    out = capsys.readouterr().out
    assert "tone3.wav" not in out and files_in(out)[0] == "noise/copy.wav" and "1.000" in out


def test_a_page_plays_the_sounds(folder, tmp_path, capsys):
    evil = folder / "tone" / "<img src=x onerror=alert(1)>.wav"
    shutil.copy(folder.parent / "query.wav", evil)
    page = tmp_path / "pages" / "page.html"
    main(["similar", str(folder.parent / "query.wav"), "--in", str(folder), "--top", "5", "--out", str(page)])
    assert "page.html" in capsys.readouterr().out
    text = page.read_text()
    sources = re.findall(r'<audio [^>]*src="([^"]*)"', text)
    assert len(sources) == 6 and all(source.startswith("data:audio/mpeg;base64,") for source in sources)
    assert "<img" not in text and "&lt;img src=x" in text
    assert not re.findall(r"(?:src|href)=\"(?!data:)", text) and "http" not in text.replace("http-equiv", "")


def test_the_table_is_whole_at_80_columns(folder, capsys):
    name = "long-" * 40 + ".wav"
    shutil.copy(folder.parent / "query.wav", folder / "tone" / name)
    main(["similar", str(folder.parent / "query.wav"), "--in", str(folder), "--top", "2"])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80 and "…" not in out
    assert f"tone/{name}" in "".join(re.sub(r"\d\.\d{3}", "", line).strip() for line in out.splitlines())


def test_similarity_is_a_cosine_from_the_mean_of_ten_or_more():
    rng = np.random.default_rng(0)
    for n in (9, 10):
        embeddings, wanted = rng.standard_normal((n, 5)) + 3, rng.standard_normal(5) + 3
        origin = embeddings.mean(axis=0) if n == 10 else 0
        a, b = wanted - origin, embeddings - origin
        expected = [float(a @ row / np.sqrt(a @ a) / np.sqrt(row @ row)) for row in b]
        np.testing.assert_allclose(similarities_of(wanted, embeddings), expected)


def test_equal_sounds_and_silence_have_a_similarity():
    same = np.ones((20, 4), dtype=np.float32)
    assert (similarities_of(same[0], same * (1 + 1e-7)) < 0.01).all()
    assert np.isfinite(similarities_of(np.zeros(4), np.zeros((3, 4)))).all()


def test_wrong_arguments_and_sounds_end_in_one_line(folder, tmp_path, failed):
    query = folder.parent / "query.wav"
    assert "there is no file nowhere.wav" in failed("similar", "nowhere.wav", "--in", folder)
    assert "--in: expected a folder of sounds; got nowhere" in failed("similar", query, "--in", "nowhere")
    assert "--top: expected at least 1" in failed("similar", query, "--in", folder, "--top", "0")
    assert "--out: expected a file that ends in .html" in failed("similar", query, "--in", folder, "--out", "a.txt")
    assert "query.wav: expected a checkpoint" in failed("similar", query, "--in", folder, "--encoder", query)
    (tmp_path / "a.html").mkdir()
    assert "is a folder" in failed("similar", query, "--in", folder, "--out", tmp_path / "a.html")
    (tmp_path / "empty").mkdir()
    assert "--in: expected a folder with sound files" in failed("similar", query, "--in", tmp_path / "empty")
    shutil.copy(folder / "broken.wav", tmp_path / "empty")
    assert "none of 1 below" in failed("similar", query, "--in", tmp_path / "empty")
    broken = folder / "broken.wav"
    assert f"{broken}: not a readable sound file" in failed("similar", broken, "--in", folder)
    assert "expected other sounds than" in failed("similar", tmp_path / "empty/broken.wav", "--in", tmp_path / "empty")


def test_a_page_without_its_packages_is_an_error(folder, tmp_path):
    arguments = ["similar", str(folder.parent / "query.wav"), "--in", str(folder), "--top", "1"]
    code = f"from doppelganger.__main__ import main; main({arguments})"
    assert "tone/" in without.run(code, "sklearn", "matplotlib", "jinja2", "scipy")[0]
    code = f"from doppelganger.__main__ import main; main({[*arguments, '--out', str(tmp_path / 'a.html')]})"
    _, err = without.run(code, "jinja2", expected_exit=2)
    assert "--out needs jinja2: pip install" in err.splitlines()[-1]


def test_no_name_in_a_page_is_markup(folder, tmp_path):
    evil = "<img src=x onerror=alert(1)>\"'"
    query = tmp_path / f"{evil}.wav"
    shutil.copy(folder.parent / "query.wav", query)
    write_page(tmp_path / "a.html", query, [(0.5, evil, query)], folder=evil, encoder=evil)
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<img" not in text and text.count("&lt;img src=x onerror=alert(1)&gt;&#34;&#39;") >= 6
