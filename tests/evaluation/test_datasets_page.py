"""docs/datasets.md: a section for each task, with the files that its reader reads."""

import importlib
import re
from pathlib import Path

import pytest

from doppelganger.evaluation import read_task, task_names
from tests.evaluation.task_layouts import LAYOUTS

PAGE = Path("docs/datasets.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}


def blocks(section, language):
    return re.findall(rf"```{language}\n(.*?)\n```", SECTIONS[section], re.DOTALL)


def test_every_task_has_a_section():
    assert set(SECTIONS) == {*task_names(), "HEAR"}


@pytest.mark.parametrize("name", [name for name in task_names() if name != "pack"])
def test_a_section_has_the_tasks_own_summary_its_address_size_licence_and_command(name):
    doc = importlib.import_module(f"doppelganger.evaluation.tasks.{name}").__doc__
    assert doc.partition("\n")[0] in " ".join(SECTIONS[name].split())
    for item in ("Address", "Size", "Licence"):
        assert re.search(rf"^- {item}: \S", SECTIONS[name], re.MULTILINE)
    count = re.search(r"[\d,]*\d", doc.partition(": ")[2] if name != "esc10" else "400")[0]
    assert count in SECTIONS[name].partition("- Size: ")[2].partition("\n")[0] or name == "gtzan"
    (command,) = blocks(name, "bash")
    assert re.fullmatch(rf"python -m doppelganger evaluate --encoder small --task {name}=data/\S+", command)


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_files_of_a_section_are_those_that_are_read(layout, tmp_path):
    name = layout.partition(",")[0]
    clips = set(LAYOUTS[layout](tmp_path))
    found = [
        {pattern: {p.relative_to(tmp_path).as_posix() for p in tmp_path.glob(pattern)} for pattern in block.split("\n")}
        for section in ([name, "HEAR"] if name != "pack" else [name])
        for block in blocks(section, "text")
    ]
    fitting = [files for files in found if all(files.values()) and clips <= set().union(*files.values())]
    assert fitting, f"no list of files in the section of {name} has all of {layout}"
    # The longest: a table that sets the split is optional.
    for pattern, files in max(fitting, key=len).items():
        if files & clips or "table" in layout or pattern == "*.json":
            continue
        backup = {file: (tmp_path / file).read_bytes() for file in files}
        for file in files:
            (tmp_path / file).unlink()
        with pytest.raises(ValueError, match=r"expected|missing"):
            read_task(name, tmp_path, 16000)
        for file, data in backup.items():
            (tmp_path / file).write_bytes(data)
