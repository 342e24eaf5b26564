import importlib
import sys

import pytest

from doppelganger.embedding.own_code import own_code

FILES = {
    "theirs/__init__.py": "",
    "theirs/encoders/__init__.py": "from theirs.encoders.mine import Mine\n",
    "theirs/encoders/mine.py": "import torch\nfrom . import scaling\nfrom ..features import mel\nclass Mine: ...\n",
    "theirs/encoders/scaling.py": "def lazy():\n    from theirs_beside import constant\n",
    "theirs/encoders/unused.py": "",
    "theirs/features/__init__.py": "",
    "theirs/features/mel.py": "import theirs.encoders.mine\n",  # a circle
    "theirs_beside.py": "constant = 1\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    def package(folder):
        root = tmp_path / folder
        for name, content in FILES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content, encoding="utf-8")
        monkeypatch.syspath_prepend(root)
        importlib.import_module("theirs.encoders.mine")
        return root

    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "theirs"]:
        del sys.modules[name]


@pytest.mark.parametrize("folder, outside", [("checkout", ["theirs_beside.py"]), ("site-packages", [])])
def test_imports_are_followed(package, folder, outside):
    root = package(folder)
    expected = {name for name in FILES if name not in ("theirs/encoders/unused.py", "theirs_beside.py")} | {*outside}
    found = own_code({"theirs.encoders.mine", "builtins", "torch.nn", "doppelganger.encoders", "no_such_module"})
    assert {path.relative_to(root).as_posix() for path in found} == expected


def test_a_file_that_is_being_edited_counts_itself(package):
    root = package("checkout")
    (root / "theirs" / "encoders" / "mine.py").write_text("def half(", encoding="utf-8")
    found = {path.name for path in own_code({"theirs.encoders.mine"})}
    assert found == {"mine.py"}
