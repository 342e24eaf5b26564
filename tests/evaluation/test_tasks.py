"""Every public data set, read from a tiny copy of its official layout; see task_layouts.py."""

import importlib
import re

import numpy as np
import pytest

from doppelganger.evaluation import read_task, task_names
from tests.evaluation.task_layouts import LAYOUTS, record, write

SAMPLE_RATE = 16000
PUBLIC = [name for name in task_names() if name != "pack"]


def lay_out(layout, root):
    """The task's name and what is expected of it."""
    return layout.partition(",")[0], LAYOUTS[layout](root)


# Without a count: a user's own pack and growing archives; of these two the code itself lists the files.
COMPLETE = {"pack", "voxforge", "voxforge, table", "gtzan", "gtzan, Kaggle", "ravdess"}


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout not in COMPLETE])
def test_a_part_of_a_data_set_is_refused(layout, tmp_path):
    name, expected = lay_out(layout, tmp_path)
    doc = importlib.import_module(f"doppelganger.evaluation.tasks.{name}").__doc__
    (count,) = re.findall(r": ([\d,]+) |the ([\d,]+) five", doc.partition("\n")[0])[0:1]
    count = {"crema_d, HEAR": "7,438", "gtzan, HEAR": "1,000"}.get(layout, "".join(count))
    message = rf"expected the whole data set, {count} clips in folds .*; found {len(expected):,} in"
    with pytest.raises(ValueError, match=message):
        read_task(name, tmp_path, SAMPLE_RATE)


def test_a_data_set_in_other_folds_is_refused(tmp_path):
    rows = "".join(f"{i}.wav,{i % 4 + 2},dog\n" for i in range(2000))
    write(tmp_path, "meta/esc50.csv", f"filename,fold,category\n{rows}")
    with pytest.raises(ValueError, match="in folds 1, 2, 3, 4, 5; found 2,000 in 2, 3, 4, 5"):
        read_task("esc50", tmp_path, SAMPLE_RATE)


def test_every_task_has_a_layout_here():
    assert {layout.partition(",")[0] for layout in LAYOUTS} == set(task_names())


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_labels_and_folds_are_those_of_the_layout(layout, tmp_path):
    name, expected = lay_out(layout, tmp_path)
    task = read_task(name, tmp_path, SAMPLE_RATE)
    rows = zip(task.labels, task.folds, strict=True)
    assert dict(zip(task.clips, rows, strict=True)) == expected
    assert len(task) == len(expected)
    assert isinstance(task.labels[0], tuple) == (name == "fsd50k")
    assert np.concatenate(list(task.blocks(len(task) - 1))).size > 0


@pytest.mark.parametrize("name", PUBLIC)
def test_a_task_states_its_size_and_its_source(name):
    doc = importlib.import_module(f"doppelganger.evaluation.tasks.{name}").__doc__
    assert re.search(r"\d", doc.partition("\n")[0]) and "Source: " in doc


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize("name", PUBLIC)
def test_an_empty_folder_is_refused_by_what_is_missing(name, tmp_path):
    with pytest.raises(ValueError, match=r"\.(csv|json|txt|wav|ogg)|genres|folder|recordings"):
        read_task(name, tmp_path, SAMPLE_RATE)


# Without a table of recordings a single missing one has no name, but a missing speaker or class has.
LOST = {
    "audiomnist": ("data/60/*", "60"),
    "crema_d": ("AudioWAV/1001_*", "1001"),
    "speech_commands_v1": ("cat/*", "cat"),
    "speech_commands_v2": ("visual/*", "visual"),
    "surge": ("*/*.ogg", r"\*/\*\.ogg"),
    "surge, table": ("surge-patches-factory-Leads-Saw-velocity64/*", "factory-Leads-Saw-velocity64"),
    "vivae": ("full_set/S10_*", "S10"),
    "voxforge": ("ru/*/wav/*", "ru/"),
    "voxlingua_top10": ("dev/a*/*", "10 languages"),
}


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout != "pack"])
def test_lost_recordings_are_named(layout, tmp_path):
    name, expected = lay_out(layout, tmp_path)
    last = list(expected)[-1]
    pattern, named = LOST.get(layout, (last, re.escape(last)))
    lost = list(tmp_path.glob(pattern))
    for path in lost:
        path.unlink()
    assert lost
    with pytest.raises(ValueError, match=named):
        read_task(name, tmp_path, SAMPLE_RATE)


@pytest.mark.usefixtures("of_any_size")
def test_lost_recordings_of_the_lists_of_speech_commands_are_named(tmp_path):
    LAYOUTS["speech_commands_v1"](tmp_path)
    (tmp_path / "bed/0b_nohash_1.wav").unlink()
    with pytest.raises(ValueError, match=r"1 of 32 recordings are missing in .*, bed/0b_nohash_1\.wav first"):
        read_task("speech_commands_v1", tmp_path, SAMPLE_RATE)


TABLES = [
    ("esc10", "meta/esc50.csv", "esc10"),
    ("esc50", "meta/esc50.csv", "category"),
    ("us8k", "metadata/UrbanSound8K.csv", "slice_file_name"),
    ("speech_commands_v1", "validation_list.txt", None),
    ("speech_commands_v2", "testing_list.txt", None),
    ("speech_commands_5h", "task_metadata.json", "task_name"),
    ("speech_commands_5h", "task_metadata.json", "splits"),
    ("nsynth_pitch_5h", "labelvocabulary.csv", "label"),
    ("nsynth_pitch_5h", "test.json", None),
    ("gtzan, HEAR", "fold03.json", None),
    ("fsd50k", "FSD50K.ground_truth/dev.csv", "split"),
    ("fsd50k", "FSD50K.ground_truth/eval.csv", "labels"),
    ("nsynth_instrument", "nsynth-valid/examples.json", "instrument_family_str"),
    ("nsynth_pitch", "nsynth-test/examples.json", "pitch"),
    ("vocal_imitation", "vocal_imitations.txt", "reference_filename"),
    ("vocalsound", "class_labels_indices_vs.csv", "display_name"),
    ("vocalsound", "datafiles/te.json", "labels"),
    ("vocalsound", "datafiles/val.json", "data"),
    ("voxforge, table", "voxforge.csv", "split"),
    ("surge, table", "dataset_surge_tone_splits.csv", "tone"),
]


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize(("layout", "table", "column"), [row for row in TABLES if row[2]])
def test_a_missing_column_is_named(layout, table, column, tmp_path):
    name, _ = lay_out(layout, tmp_path)
    path = tmp_path / table
    path.write_text(path.read_text(encoding="utf-8-sig").replace(column, "x"), encoding="utf-8")
    with pytest.raises(ValueError, match=f"{re.escape(path.name)}.*{column}"):
        read_task(name, tmp_path, SAMPLE_RATE)


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize(("layout", "table", "column"), [row for row in TABLES if row[0] != "surge, table"])
def test_a_missing_table_is_named(layout, table, column, tmp_path):
    name, _ = lay_out(layout, tmp_path)
    (tmp_path / table).unlink()
    with pytest.raises(ValueError, match=re.escape(table)):
        read_task(name, tmp_path, SAMPLE_RATE)


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize(
    ("layout", "table", "file", "outside"),
    [
        ("esc50", "meta/esc50.csv", "5-9032-A-0.wav", "../../outside.wav"),
        ("us8k", "metadata/UrbanSound8K.csv", "7-3-0-0.wav", "../../../outside.wav"),
        ("fsd50k", "FSD50K.ground_truth/eval.csv", "37199", "../../outside"),
        ("speech_commands_v1", "testing_list.txt", "zero/0c_nohash_0.wav", "../outside.wav"),
        ("nsynth_pitch", "nsynth-valid/examples.json", "flute_acoustic_2-060-025", "../../../outside"),
        ("speech_commands_5h", "valid.json", "1.wav", "../../../outside.wav"),
        ("vocal_imitation", "vocal_imitations.txt", "000Animal_Domestic animals_ pets_Cat_0", "../../../outside"),
        ("voxforge, table", "voxforge.csv", "b-20080119-y/wav/1.wav", "../outside.wav"),
    ],
)
def test_recordings_outside_the_folder_are_refused(layout, table, file, outside, tmp_path):
    name, _ = lay_out(layout, tmp_path / "data")
    record(tmp_path, "outside.wav")
    path = tmp_path / "data" / table
    text = path.read_text(encoding="utf-8")
    assert file in text
    path.write_text(text.replace(file, outside), encoding="utf-8")
    with pytest.raises(ValueError, match="outside the folder"):
        read_task(name, tmp_path / "data", SAMPLE_RATE)


@pytest.mark.usefixtures("of_any_size")
def test_the_second_speech_commands_are_not_the_first(tmp_path):
    LAYOUTS["speech_commands_v2"](tmp_path)
    with pytest.raises(ValueError, match=r"expected 30 words, .* found 35, unknown: backward, follow"):
        read_task("speech_commands_v1", tmp_path, SAMPLE_RATE)


@pytest.mark.usefixtures("of_any_size")
def test_a_recording_named_unlike_the_others_is_refused(tmp_path):
    LAYOUTS["vivae"](tmp_path)
    record(tmp_path, "full_set/noise.wav")
    with pytest.raises(ValueError, match=r"noise\.wav: expected a name of 4 parts"):
        read_task("vivae", tmp_path, SAMPLE_RATE)
