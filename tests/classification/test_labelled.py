"""Labels of a folder, from a table or from its subfolders."""

from pathlib import Path

import pytest

from doppelganger.classification.labels import require_classes
from doppelganger.evaluation.tasks.pack import from_subfolders, from_table


@pytest.mark.parametrize(
    ("table", "folds"),
    [
        ("file,label\na.wav,x\nb.wav,y\n", ["", ""]),
        ("file,label,fold\na.wav,x,1\nb.wav,y,2\n", ["1", "2"]),
        ('"File";"Label";"Fold"\na.wav;x;1\nb.wav;y;2\n', ["1", "2"]),
        ("label\tnotes\tfile\tunfold\nx\t-\ta.wav\t9\ny\t-\tb.wav\t9\n", ["", ""]),
        ("\ufefffold,label,file\n1,x,a.wav\n2,y,b.wav\n", ["1", "2"]),
    ],
)
def test_a_table(tmp_path, table, folds):
    for sound in ("a.wav", "b.wav"):
        (tmp_path / sound).touch()
    (tmp_path / "labels.csv").write_text(table, encoding="utf-8")
    clips = from_table(tmp_path / "labels.csv")
    assert [(clip.file, clip.label, clip.fold) for clip in clips] == [
        ("a.wav", "x", folds[0]),
        ("b.wav", "y", folds[1]),
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("file,class\na.wav,x\n", "missing label"),
        ("file,label\na.wav,\n", "line 2: the column label is empty"),
        ("file,label,fold\na.wav,x,\n", "line 2: the column fold is empty"),
        ("", "missing file, label"),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path, table, said):
    (tmp_path / "labels.csv").write_text(table)
    with pytest.raises(ValueError, match=said):
        from_table(tmp_path / "labels.csv")


def test_a_label_is_the_name_of_the_first_subfolder(tmp_path):
    sounds = [tmp_path / name for name in ("a.wav", "x/1.wav", "x/deep/2.wav", "y/3.wav")]
    clips, unlabelled = from_subfolders(tmp_path, sounds)
    assert [(clip.file, clip.label) for clip in clips] == [("x/1.wav", "x"), ("x/deep/2.wav", "x"), ("y/3.wav", "y")]
    assert unlabelled == [Path(tmp_path, "a.wav")]


def test_two_classes_of_two_clips_are_required():
    require_classes(["a", "a", "b", "b"], "here")
    with pytest.raises(ValueError, match="two labels or more in here; got a"):
        require_classes(["a", "a"], "here")
    with pytest.raises(ValueError, match="got one of b, c"):
        require_classes(["a", "a", "c", "b"], "here")
