"""Pages that are written from code and results: their sounds play, and their figures are those of the files."""

import json
import re

import numpy as np
import pytest
import soundfile
from docutils.core import publish_doctree

import synths
from docs import conf, front_page, parameter_page, players
from docs.figure_tables import tables_of
from tests.docs.page import ROOT


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    front_page.write(folder)
    return folder


def test_every_player_of_the_front_page_has_a_sound_of_its_own(front):
    html = (front / "parts" / "front_players.md").read_text(encoding="utf-8")
    paths = re.findall(r'src="([^"]+)"', html)
    sounds = [soundfile.read(front / path)[0] for path in paths]
    assert len(paths) == len(set(paths)) == 3 * (1 + len(front_page.DELTAS))
    assert all(np.sqrt(np.mean(sound**2)) > 1e-3 for sound in sounds)
    for first in range(0, len(sounds), 1 + len(front_page.DELTAS)):
        assert len({sound.tobytes() for sound in sounds[first : first + 4]}) == 4


def test_a_silent_sound_ends_the_build(tmp_path):
    with pytest.raises(ValueError, match="demos/quiet: expected a sound"):
        players.player(tmp_path, "demos/quiet", np.full(800, 1e-4), 16000)
    assert not list(tmp_path.rglob("*.flac"))


def test_the_scores_of_the_front_page_are_those_of_the_file(front):
    table = (front / "parts" / "front_scores.md").read_text(encoding="utf-8")
    for task in json.loads((ROOT / "results" / "small.json").read_text(encoding="utf-8"))["tasks"]:
        for encoder in front_page.TITLES:
            score = task["protocols"]["linear"]["encoders"][encoder]["score"]
            assert f" {100 * score:.1f} (" in table


def test_groups_with_the_same_keys_are_one_table():
    found = {"a": {"time_s": 1.5, "n": 12345}, "b": {"time_s": 2.0}, "c": {"goal": 3}, "ratio": 0.25}
    text = tables_of(found)
    assert "* ratio: 0.25" in text
    assert "| name | time s | n |\n| --- | --- | --- |\n| a | 1.5 | 12,345 |\n| b | 2 |  |" in text
    assert "| name | goal |\n| --- | --- |\n| c | 3 |" in text


def test_settings_are_a_sentence_below_their_group():
    measured = {"seed": 0, "config": {"n_targets": 64, "rate": 8000}, "machine": {"cpus": 2}}
    text = tables_of({"a": {"renders": 5, "methods": {"match": {"loss": 2.0}}, "measured": measured}, "b": 1})
    assert text.index("#### a") < text.index("##### methods") < text.index("Settings: n targets 64, rate 8,000.")
    assert "seed" not in text and "cpus" not in text


@pytest.mark.parametrize("name", ["voice", "soundscape"])
def test_a_synth_has_a_page_with_all_its_parameters(tmp_path, name):
    parameter_page.write(tmp_path)
    synth = synths.find(name)()
    text = (tmp_path / "parameters" / f"{name}.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(.+?)` \|", text, re.M) == list(synth.space.names)
    n_tables = text.count(parameter_page.HEADER)
    assert n_tables == text.count("<details>") == text.count("</details>") or (n_tables == 1 and name == "voice")
    listed = (tmp_path / "parameters.md").read_text(encoding="utf-8")
    assert f"(parameters/{name}.md)" in listed and f"\nparameters/{name}\n" in listed


def test_a_figure_in_a_table_is_one_word():
    """To a browser, which breaks lines between words; between a score and its interval, style.css decides."""
    page = publish_doctree("""\
-60 to 0 dB

+------------------------+---------------+----------------------+----------------+
| rises 3 to 5 % in 30 s | 0.92 ± 0.001  | 90.7 (87.5 to 93.2)  | ``render 3 s`` |
+------------------------+---------------+----------------------+----------------+
| -60 to 0 dB, 44.1 kHz  | 12 sounds     | 8 (all in one batch) | 4 squares      |
+------------------------+---------------+----------------------+----------------+
""")
    conf.keep_figures_whole(None, page)
    paragraph, table = page.children
    first, *cells = (entry.astext().split(" ") for entry in table.findall(conf.nodes.entry))
    assert paragraph.astext() == "-60 to 0 dB"
    assert [len(first), *map(len, cells)] == [4, 1, 2, 3, 2, 2, 5, 2]
    assert [entry["classes"] for entry in table.findall(conf.nodes.entry)].index(["interval"]) == 2
