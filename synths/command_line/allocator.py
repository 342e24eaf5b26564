"""Settings of the C library's allocator, for our command lines; libraries must not change them."""

import ctypes

# <malloc.h>
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -3, -4, -8
_LARGEST_THRESHOLD = 32 << 20


def keep_memory(*, large: bool = False) -> None:
    """Keep freed memory for the next tensor, up to 32 MB each.

    glibc gives it back to the kernel, which clears its pages again for the next tensor of the same size. Other C
    libraries are left as they are.

    Args:
        large: keep blocks above 32 MB, too. It makes a training on a CPU a sixth faster, and its memory up to twice
            as large, since a heap of such blocks has large holes.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    for parameter, value in ((_TRIM_THRESHOLD, -1), (_MMAP_THRESHOLD, _LARGEST_THRESHOLD), (_ARENA_MAX, 1)):
        mallopt(parameter, value)
    if large:
        mallopt(_MMAP_MAX, 0)
