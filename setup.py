"""Puts configs/ into the wheel as lightning_modules/configs/; pyproject.toml has the rest."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithConfigs(build_py):
    """An editable install reads configs/ in place."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            copied = Path(self.build_lib, "lightning_modules", "configs")
            shutil.rmtree(copied, ignore_errors=True)
            shutil.copytree("configs", copied)


setup(cmdclass={"build_py": BuildWithConfigs})
