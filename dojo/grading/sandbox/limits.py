"""What a child of the judge may use at most: memory, processor time, files, processes, what it writes."""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Callable

MEMORY_LIMIT = 2 * 1024**3  # bytes of address space
CPU_LIMIT = 600  # seconds for a whole kata
SILENCE_LIMIT = 6  # seconds of processor time for one run
WRITE_LIMIT = 1024**2  # bytes of any one file, such as the one that takes standard error
FILES_LIMIT = 64  # open at the same time


def set_limits() -> Callable[[], None]:
    """Set them for this process; return the function that says "still alive".

    The silence limit counts processor time, so a busy machine never turns a pass into a failure. When it is
    reached the interpreter may be deep inside C: faulthandler writes the line all the same, then the signal
    ends the process.
    """
    if sys.platform == "win32":
        return lambda: None
    import resource

    limits = {
        resource.RLIMIT_AS: MEMORY_LIMIT,
        resource.RLIMIT_CPU: CPU_LIMIT,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: WRITE_LIMIT,
        resource.RLIMIT_NOFILE: FILES_LIMIT,
        resource.RLIMIT_NPROC: 0,  # no further process or thread; root is not held to it
    }
    for limit, value in limits.items():
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):
            continue  # a stricter limit is already in force
    faulthandler.register(signal.SIGPROF, file=2, all_threads=False, chain=True)

    def alive() -> None:
        signal.setitimer(signal.ITIMER_PROF, SILENCE_LIMIT)

    alive()
    return alive
