from pathlib import Path

import pytest

from doppelganger.__main__ import main
from doppelganger.commands._options import folder_beside
from synths.command_line.devices import require_device
from synths.command_line.usage import UsageError


def test_a_device_of_this_machine():
    assert require_device(None).type == require_device("cpu").type == "cpu"
    for device in ("toaster", "meta"):
        with pytest.raises(UsageError, match=f"--device {device}: expected a device of this machine, such as cpu"):
            require_device(device)


def test_the_folder_beside_an_encoder(tmp_path):
    (tmp_path / "last.ckpt").touch()
    assert folder_beside(str(tmp_path / "last.ckpt")) == folder_beside(str(tmp_path)) == tmp_path
    assert folder_beside("resnet18") == Path("runs/resnet18")


@pytest.mark.parametrize("command", [["explore"], ["evaluate"], ["export", "--encoder", "small"]])
def test_a_file_is_no_folder_for_results(command, tmp_path, capsys):
    (tmp_path / "mine").write_text("mine")
    for out in (tmp_path / "mine", tmp_path / "mine" / "results"):
        with pytest.raises(SystemExit, match="2"):
            main([*command, "--out", str(out)])
        assert f"--out {out}: expected a " in capsys.readouterr().err


def test_private_modules_are_not_commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert "evaluate" in out and "_options" not in out
