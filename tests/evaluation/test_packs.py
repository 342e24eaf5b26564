import shutil
from collections import Counter

import numpy as np
import pytest
import soundfile

from doppelganger.embedding.audio import UnusableClip, read_mono
from doppelganger.evaluation import evaluate, read_task
from doppelganger.evaluation.map import map_of
from tests.evaluation.conftest import Spectrum

SAMPLE_RATE = 8000


def test_labels_may_hold_commas_quotes_and_any_script(make_pack):
    pack = make_pack()
    rows = pack.read()
    rows[0][1], rows[1][1] = 'a "small", quiet dog', "كلب"
    pack.write(rows)
    task = read_task("pack", pack.folder, SAMPLE_RATE)
    assert task.labels[:2] == ['a "small", quiet dog', "كلب"]
    assert len(task) == 24 and task.name == "tones"


def test_delimiters_behind_the_last_column_are_fine(make_pack):
    """As spreadsheets write them."""
    pack = make_pack()
    text = "file,label,fold\n" + "\n".join(f"{','.join(row)},, " for row in pack.read())
    (pack.folder / "labels.csv").write_text(text)
    assert read_task("pack", pack.folder, SAMPLE_RATE).labels[0] == "low"


def test_a_byte_order_mark_and_further_columns_are_fine(make_pack):
    pack = make_pack()
    text = "file,speaker,label,fold\n" + "\n".join(f"{f},me,{label},{fold}" for f, label, fold in pack.read())
    (pack.folder / "labels.csv").write_text(text, encoding="utf-8-sig")
    assert read_task("pack", pack.folder, SAMPLE_RATE).labels[0] == "low"


@pytest.mark.parametrize("file", ["../outside.wav", "/etc/passwd", "audio/../../outside.wav"])
def test_files_outside_the_pack_are_refused(make_pack, file):
    pack = make_pack()
    pack.write([*pack.read(), [file, "low", "1"]])
    with pytest.raises(ValueError, match="outside the folder"):
        read_task("pack", pack.folder, SAMPLE_RATE)


def test_recordings_that_are_links_are_read(make_pack, tone, tmp_path):
    """As in the caches of Hugging Face, DVC and git-annex."""
    pack = make_pack()
    soundfile.write(tmp_path / "outside.wav", tone(440), SAMPLE_RATE)
    (pack.folder / "audio" / "link.wav").symlink_to(tmp_path / "outside.wav")
    pack.write([*pack.read(), ["audio/link.wav", "low", "1"]])
    task = read_task("pack", pack.folder, SAMPLE_RATE)
    np.testing.assert_allclose(np.concatenate(list(task.blocks(24))), tone(440), atol=1e-3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("header", [("file", "label", "fold"), ("Fold", " FILE ", "Label")])
def test_tables_of_other_programs_are_read(make_pack, encoding, delimiter, header):
    pack = make_pack()
    rows = [["audio/0.wav", "größer", "1"], ["audio/1.wav", "b", "2"]]
    order = [["file", "label", "fold"].index(name.strip().lower()) for name in header]
    lines = [delimiter.join(header), *(delimiter.join(row[i] for i in order) for row in rows)]
    (pack.folder / "labels.csv").write_text("\r\n".join(lines) + "\r\n", encoding=encoding, newline="")
    task = read_task("pack", pack.folder, SAMPLE_RATE)
    assert (task.clips, task.labels, task.folds) == (["audio/0.wav", "audio/1.wav"], ["größer", "b"], ["1", "2"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("file,label,fold\na.wav,größer,1\n".encode("latin-1"), r"line 2: expected UTF-8; found the byte 0xf6"),
        (b"name|label|fold\na.wav|b|1\n", r"missing file, label; the first line is 'name\|label\|fold'"),
        (b"file,label\na.wav,rain, heavy\nb.wav,dog\n", "line 2: expected 2 values, .*; got 3: put quotes"),
        (b"file;label;fold\na.wav;b;1\nb.wav;a;b;2\n", "line 3: expected 3 values, .*; got 4"),
        (b'"file";"label\na.wav;rain\n', "expected columns file, label; missing file, label"),
        (b'file,label,fold\na.wav,"rain,1\nb.wav,dog,1\n', "expected CSV; unexpected end of data; check its quotes"),
        (b"file,label,fold\na.wav," + 200_000 * b"x" + b",1\n", "line .*field larger than"),
    ],
)
def test_a_table_in_another_form_is_refused_with_what_was_found(make_pack, content, message):
    pack = make_pack()
    (pack.folder / "labels.csv").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_task("pack", pack.folder, SAMPLE_RATE)


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        (("file", "class", "fold"), [["a.wav", "low", "1"]], "missing label"),
        (("file", "label", "fold"), [], "found none"),
        (("file", "label", "fold"), [["a.wav", "low", ""]], "line 2: the column fold is empty"),
        (("file", "label", "fold"), [["a.wav", "low"]], "line 2: the column fold is empty"),
        (
            ("file", "label", "fold"),
            [["a.wav", "low" * 50_000, "1"]],
            "line 1: expected CSV; field larger",
        ),
        (("file", "label", "fold"), [["audio/0.wav", "low", "1"], ["audio/0.wav", "low", "2"]], "listed twice"),
        (("file", "label", "fold"), [["audio/0.wav", "low", "1"], ["./audio//0.wav", "low", "2"]], "listed twice"),
        (("file", "label", "fold"), [["a.wav", "low", "1"]], "relative to its folder .*; got a.wav, and no such file"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(make_pack, columns, rows, message):
    pack = make_pack()
    pack.write(rows, columns)
    with pytest.raises(ValueError, match=message):
        read_task("pack", pack.folder, SAMPLE_RATE)


@pytest.mark.parametrize("file", [None, "a.wav", "audio/a.wav"])
def test_a_folder_without_labels_is_refused(tmp_path, tone, file):
    if file:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / file, tone(440), SAMPLE_RATE)
    with pytest.raises(ValueError, match=r"labels\.csv .* in two subfolders or more, .*; found no labels\.csv, and"):
        read_task("pack", tmp_path, SAMPLE_RATE)


def test_a_folder_of_packs_is_refused(make_pack):
    """Else the packs would be the classes of one task."""
    folder = make_pack().folder
    with pytest.raises(ValueError, match=rf"it is a folder of packs: name one of them, such as {folder}"):
        read_task("pack", folder.parent, 8000)


def test_without_folds_each_class_is_dealt_by_the_seed_and_the_report_says_so(make_pack):
    pack = make_pack()
    rows = pack.read()
    given = read_task("pack", pack.folder, SAMPLE_RATE, seed=1)
    assert given.folds == [fold for *_, fold in rows] and given.about == ""
    pack.write([row[:2] for row in rows], ("file", "label"))
    task, other = (read_task("pack", pack.folder, SAMPLE_RATE, seed) for seed in (0, 1))
    assert task.labels == given.labels and task.clips == given.clips
    assert set(zip(task.labels, task.folds, strict=True)) == {(x, y) for x in ("low", "high") for y in "12345"}
    assert task.folds == read_task("pack", pack.folder, SAMPLE_RATE).folds != other.folds
    assert task.at(16000).folds == task.folds
    (result,) = evaluate({"trained": Spectrum(1)}, [task], ["knn"])
    assert result["n_tested"] == 24 and result["protocols"]["knn"]["encoders"]["trained"]["score"] > 0.9
    assert result["about"] == "No folds were given: each class was dealt into 5 random folds (seed 0)."


def test_copies_of_a_file_are_dealt_into_one_fold(make_pack):
    pack = make_pack()
    rows = [row[:2] for row in pack.read()]
    pack.write(rows, ("file", "label"))
    before = read_task("pack", pack.folder, SAMPLE_RATE)
    copies = [[f"copy {file[6:]}", label] for file, label in rows]
    for (copy, _), (file, _) in zip(copies, rows, strict=True):
        shutil.copyfile(pack.folder / file, pack.folder / copy)
    pack.write([*rows, *copies], ("file", "label"))
    assert read_task("pack", pack.folder, SAMPLE_RATE).folds == [*before.folds, *before.folds]


def test_files_that_cannot_be_opened_are_skipped_and_are_no_copies_of_each_other(make_pack):
    pack = make_pack()
    rows = [row[:2] for row in pack.read()]
    long = [[f"{i:0300}.wav", label] for i, label in enumerate(("low", "high"))]  # an OSError in any look at it
    pack.write([*rows, *long], ("file", "label"))
    (result,) = evaluate({"trained": Spectrum(1)}, [read_task("pack", pack.folder, SAMPLE_RATE)], ["knn"])
    assert result["skipped"] == [{"clip": name, "reason": "not a readable sound file"} for name, _ in long]


def test_a_sound_that_is_gone_since_it_was_embedded_is_silent_on_the_map(make_pack):
    pack = make_pack()
    task = read_task("pack", pack.folder, SAMPLE_RATE)
    (pack.folder / task.clips[3]).unlink()
    drawn = map_of(task, range(len(task)), np.random.default_rng(0).normal(size=(len(task), 8)).astype(np.float32))
    silent = [name for name, sound in zip(drawn.names, drawn.sounds, strict=True) if sound is None]
    assert silent == [task.clips[3]]


@pytest.mark.parametrize(
    ("column", "cells"), [("labels", ["a", "b;c", ""] * 8), ("value", [f"{i}" for i in range(24)])]
)
def test_several_classes_and_numbers_need_no_folds_either(make_pack, column, cells):
    pack = make_pack()
    pack.write([[row[0], cell] for row, cell in zip(pack.read(), cells, strict=True)], ("file", column))
    task = read_task("pack", pack.folder, SAMPLE_RATE)
    assert Counter(task.folds).keys() == set("12345") and max(Counter(task.folds).values()) == 5


def test_without_a_table_labels_are_the_subfolders(tmp_path, tone):
    files = ("low/1.wav", "low/deep/2.wav", "high/1.wav", "high/2.wav", "loose.wav")
    for number, file in enumerate(files):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / file, tone(440 + number), SAMPLE_RATE)
    task = read_task("pack", tmp_path, SAMPLE_RATE)
    labels = {"high/1.wav": "high", "high/2.wav": "high", "low/1.wav": "low", "low/deep/2.wav": "low"}
    assert dict(zip(task.clips, task.labels, strict=True)) == labels
    assert Counter(zip(task.labels, task.folds, strict=True)) == Counter((x, y) for x in ("low", "high") for y in "12")
    assert task.about.startswith("Labels are the names of the subfolders. Without a label: loose.wav. No folds were")


@pytest.mark.parametrize("names", [("train", "test"), ("Training", "val", "testing")])
def test_subfolders_named_as_folds_are_folds(names, tmp_path, tone):
    """As torchvision and Hugging Face lay out folders of classes."""
    files = [f"{name}/{label}/{i}.wav" for name in names for label in ("high", "low") for i in range(2)]
    for number, file in enumerate([*files, f"{names[0]}/loose.wav"]):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / file, tone(440 + number), SAMPLE_RATE)
    task = read_task("pack", tmp_path, SAMPLE_RATE)
    found = {f"{fold}/{label}" for fold, label in zip(task.folds, task.labels, strict=True)}
    assert set(task.clips) == set(files) and found == {file.rpartition("/")[0] for file in files}
    assert task.about.endswith(f"are the names of the subfolders. Without a label: {names[0]}/loose.wav.")


def test_a_class_may_be_named_as_a_fold(tmp_path, tone):
    for number, label in enumerate(("bus", "train")):
        (tmp_path / label / "near").mkdir(parents=True)
        soundfile.write(tmp_path / label / "near" / "1.wav", tone(440 + number), SAMPLE_RATE)
    assert read_task("pack", tmp_path, SAMPLE_RATE).labels == ["bus", "train"]


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_channels_are_averaged_and_rates_converted(tmp_path, tone, subtype):
    left, right = tone(300, sample_rate=48000), tone(700, sample_rate=48000)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], axis=1), 48000, subtype=subtype)
    found = read_mono(tmp_path / "stereo.wav", SAMPLE_RATE)
    expected = (tone(300) + tone(700)) / 2
    inside = slice(200, -200)  # the resampling filter rings at the ends
    assert found.dtype == np.float32 and found.shape == expected.shape
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-2 if subtype == "PCM_U8" else 1e-3)


def test_bad_files_say_what_is_wrong(make_pack):
    pack = make_pack()
    for file, reason in pack.spoil().items():
        with pytest.raises(UnusableClip, match=reason):
            read_mono(pack.folder / file, SAMPLE_RATE)


def test_a_clip_may_have_several_classes(make_pack):
    pack = make_pack()
    lines = [
        "file,labels,fold",
        "audio/0.wav,dog; bark,1",
        "audio/1.wav,dog|dog,2",
        "audio/2.wav, cat ,1",
        "audio/3.wav,,2",
    ]
    (pack.folder / "labels.csv").write_text("\n".join(lines))
    task = read_task("pack", pack.folder, SAMPLE_RATE)
    assert task.labels == [("dog", "bark"), ("dog",), ("cat",), ()]


def test_commas_between_classes_are_refused_and_may_be_part_of_a_name(make_pack):
    pack = make_pack()
    pack.write([["audio/0.wav", "dog,bark", "1"], ["audio/1.wav", "cat", "2"]], ("file", "labels", "fold"))
    with pytest.raises(ValueError, match=r"expected ; or \| between .*; got 'dog,bark', and neither sign in any row"):
        read_task("pack", pack.folder, SAMPLE_RATE)
    pack.write([["audio/0.wav", "Dishes, pots;", "1"], ["audio/1.wav", "cat", "2"]], ("file", "labels", "fold"))
    assert read_task("pack", pack.folder, SAMPLE_RATE).labels == [("Dishes, pots",), ("cat",)]


def test_clips_without_a_class_are_scored_and_drawn(make_pack):
    pack = make_pack()
    rows = [[file, "" if i < 4 else label, fold] for i, (file, label, fold) in enumerate(pack.read())]
    pack.write(rows, ("file", "labels", "fold"))
    task = read_task("pack", pack.folder, SAMPLE_RATE)
    (result,) = evaluate({"trained": Spectrum(1)}, [task], ["linear"])
    assert result["protocols"]["linear"]["encoders"]["trained"]["score"] > 0.5
    drawn = map_of(task, range(len(task)), np.random.default_rng(0).normal(size=(len(task), 8)).astype(np.float32))
    assert "none" in drawn.classes


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["dog;bark", "dog", "cat"], "expected one class in each cell of the column label; got 'dog;bark': name the"),
        (["dog", "cat|bark", "cat"], r"got 'cat\|bark': name the column labels for several classes"),
        ([f"{i / 7:.4f}" for i in range(24)], "got 24 different numbers, 0.0000 first: name the column value"),
    ],
)
def test_cells_that_are_no_class_are_refused(make_pack, labels, message):
    pack = make_pack()
    pack.write([[f"audio/{i}.wav", label, str(i % 2)] for i, label in enumerate(labels)])
    with pytest.raises(ValueError, match=message):
        read_task("pack", pack.folder, SAMPLE_RATE)
