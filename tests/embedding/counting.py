"""An encoder that writes down how many windows it has embedded, and may kill its process."""

import os
import signal
from pathlib import Path

import torch
from torch import nn

LOG, KILL_AT = "COUNTING_LOG", "COUNTING_KILL_AT"


class Counting(nn.Module):
    """The mean and the level of a window."""

    sample_rate, window_s = 8000, 0.5

    def forward(self, waveform):
        if LOG in os.environ:
            log = Path(os.environ[LOG])
            n = log.stat().st_size if log.exists() else 0
            if n >= int(os.environ.get(KILL_AT, 1 << 30)):
                os.kill(os.getpid(), signal.SIGKILL)
            with log.open("ab") as file:
                file.write(b"." * len(waveform))
        return torch.stack([waveform.mean(dim=1), waveform.square().mean(dim=1)], dim=1)
