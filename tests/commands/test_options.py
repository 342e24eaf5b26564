from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from doppelganger.__main__ import main
from doppelganger.commands._options import folder_beside
from synths.command_line.devices import existing_device


def test_a_device_of_this_machine():
    assert existing_device("cpu") == "cpu"
    for device in ("toaster", "meta"):
        with pytest.raises(ArgumentTypeError, match=f"expected a device of this machine, such as cpu; got {device} "):
            existing_device(device)


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
