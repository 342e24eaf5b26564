"""Provenance: date, code and machine of a result."""

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch


def record(config: Mapping[str, Any], seed: int, figures: Any, device: str = "cpu") -> dict[str, Any]:
    """A result as kept in results/: figures, and what is needed to repeat the measurement."""
    about = {"config": config, "seed": seed, "date": today(), "commit": commit(), "machine": machine(device)}
    return {**about, "figures": figures}


def today() -> str:
    """The date, in UTC, as 2026-01-31."""
    return datetime.now(timezone.utc).date().isoformat()


def commit() -> str | None:
    """The commit this code is at, marked -dirty if it was changed since; None outside a checkout."""
    here = Path(__file__)
    try:
        # An installed package may lie inside somebody else's repository.
        _git(here.parent, "ls-files", "--error-unmatch", here.name)
        return _git(here.parent, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return None


def machine(device: str = "cpu") -> dict[str, Any]:
    """The machine: processor, cores, system, Python, torch and device."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)
    return {
        "cpu": model or platform.processor(),
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": device_name(device),
    }


def device_name(device: str) -> str:
    """The name of a GPU, "NVIDIA H100 80GB HBM3" for "cuda:0"; another device as it is."""
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
