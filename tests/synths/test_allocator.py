"""The memory of freed tensors."""

import sys

import pytest

from tests import python

SCRIPT = """
import resource
import torch
from synths.command_line.allocator import keep_memory
{call}
torch.set_num_threads(1)
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    for _ in range(10):
        [torch.ones({mb} << 18) for _ in range(4)]
work()  # until the heap is as large as it gets
before = faults()
work()
print((faults() - before) * resource.getpagesize() / ({mb} << 20))
"""


def cleared(call: str, mb: int) -> float:
    """How many of 40 tensors the kernel cleared the pages of. They were made in fours, after the four before."""
    script = SCRIPT.format(call=call, mb=mb)
    return float(python.run(["-c", script]).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have another C library")
@pytest.mark.parametrize(("mb", "call"), [(24, "keep_memory()"), (80, "keep_memory(large=True)")])
def test_freed_memory_is_used_again(mb, call):
    assert cleared(call, mb) < 4


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have another C library")
def test_large_blocks_go_back_to_the_kernel_by_default():
    assert cleared("keep_memory()", 80) > 20
