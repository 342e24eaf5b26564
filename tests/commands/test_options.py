from pathlib import Path

import pytest

from doppelganger.__main__ import main
from doppelganger.commands._options import folder_beside, require_device


def test_a_device_is_required():
    require_device("cpu")
    for device in ("toaster", "meta"):
        with pytest.raises(ValueError, match=f"--device: expected a device of this machine, such as cpu; got {device}"):
            require_device(device)


def test_the_folder_beside_an_encoder(tmp_path):
    (tmp_path / "last.ckpt").touch()
    assert folder_beside(str(tmp_path / "last.ckpt")) == folder_beside(str(tmp_path)) == tmp_path
    assert folder_beside("resnet18") == Path("runs/resnet18")


def test_private_modules_are_not_commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert "evaluate" in out and "_options" not in out
