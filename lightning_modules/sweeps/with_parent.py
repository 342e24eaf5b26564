"""Runs a command that gets SIGTERM when its parent dies, on Linux: python with_parent.py PARENT COMMAND ARGUMENTS."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2); it outlives execve

if __name__ == "__main__":
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before
        sys.exit(128 + signal.SIGTERM)
    os.execvp(command[0], command)
