"""--import of a command: a module of one's own, before the work."""

import pytest

from doppelganger.__main__ import main


@pytest.mark.parametrize("text", ["", "raise SystemExit(0)", "import nothing_of_this_name"])
def test_a_module_that_cannot_be_imported_is_named(text, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(tmp_path)
    name = f"own_{len(text)}"
    if text:
        (tmp_path / f"{name}.py").write_text(text)
    with pytest.raises(SystemExit) as stop:
        main(["embed", str(tmp_path), "--import", name])
    assert stop.value.code == 2
    assert f"--import: {name} cannot be imported" in capsys.readouterr().err
