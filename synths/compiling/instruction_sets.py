"""Which vector instructions a compiler and this CPU share, found out once per machine."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch


@contextmanager
def remembered() -> Iterator[None]:
    """While it lasts, torch remembers from one process to the next what a compiler can do.

    It asks up to ten times in every process, each time with a process that imports torch: 14 of the 16 seconds in
    which a kernel is loaded that was compiled before. Answers are kept in its own cache, one file each, under the
    versions of torch and of the compiler. A torch that asks in another way remembers nothing.
    """
    try:
        from torch._inductor.cpu_vec_isa import VecISA, _get_isa_dry_compile_fingerprint
        from torch._inductor.runtime.cache_dir_utils import cache_dir

        ask = VecISA.check_build
    except (ImportError, AttributeError):
        yield
        return

    def check_build(self: VecISA, code: str) -> bool:
        asked = code + _get_isa_dry_compile_fingerprint(self._arch_flags)
        answer = Path(cache_dir(), f"can_build_{hashlib.sha256(asked.encode()).hexdigest()}")
        if not answer.exists() and ask(self, code):
            answer.touch()
        return answer.exists()

    with patch.object(VecISA, "check_build", check_build):
        yield
