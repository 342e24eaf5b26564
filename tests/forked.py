"""Processes of a distributed training, forked from one that has imported everything, which costs more than all else."""

import os
import socket
import sys
from collections.abc import Callable


def in_ranks(n_ranks: int, call: Callable[[], None]) -> None:
    """Calls in each of several processes, for which Lightning's own environment is set."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(free.getsockname()[1]), NODE_RANK="0")
    children = [_fork(rank, call) for rank in range(n_ranks)]
    statuses = [os.waitpid(child, 0)[1] for child in children]
    if any(statuses):
        sys.exit(f"a rank of {n_ranks} failed")


def _fork(rank: int, call: Callable[[], None]) -> int:
    if child := os.fork():
        return child
    status = 1
    try:
        os.environ["LOCAL_RANK"] = str(rank)
        call()
        status = 0
    finally:
        os._exit(status)
