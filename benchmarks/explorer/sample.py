"""Where the processor time goes: looks every few milliseconds of it which file's code is running.

The interpreter lets a signal in only at certain instructions. Short functions, as the hooks of instrumented
code are, have none but their first one, so that a signal in the code before the call and one in the call before
are both seen there. Such a sample counts for the function that begins; how many of them may belong to the
learner's code, because that is what calls, is counted too.
"""

from __future__ import annotations

import dis
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

EVERY = 0.001  # seconds of processor time; the kernel may round it up
LEARNER, SIMULATOR, CHECKING, LIBRARY, SCENARIO = (
    "learner's code",
    "simulator",
    "checking",
    "standard library",
    "scenario",
)
LAYERS = (LEARNER, SIMULATOR, CHECKING, LIBRARY, SCENARIO)
PERHAPS = (
    "perhaps the learner's code"  # samples at a call that it makes; they count for the other layer as well
)
_RESUME = dis.opmap["RESUME"]
_STANDARD = str(Path(threading.__file__).parent)


@contextmanager
def sampled(filename: str) -> Iterator[Counter[str]]:
    """Count, while the block lasts, to whom the innermost Python frame belongs; on the main thread only.

    What C code does counts for the Python code that called it: a switch of threads for the simulator, a
    ``deque.append`` of the learner's for the learner.

    Args:
        filename: of the learner's program.

    Yields:
        Samples by layer, see ``LAYERS``, and under ``PERHAPS``.
    """
    found: Counter[str] = Counter()

    def look(number: int, frame: FrameType | None) -> None:
        if frame is not None:
            whose = layer(frame.f_code.co_filename, filename)
            found[whose] += 1
            caller = frame.f_back
            begins = frame.f_code.co_code[max(0, frame.f_lasti)] == _RESUME
            if whose != LEARNER and begins and caller is not None:
                found[PERHAPS] += caller.f_code.co_filename == filename

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield found
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def layer(file: str, learners: str) -> str:
    """Whose code a file holds."""
    if file == learners:
        return LEARNER
    if "/dojo/simulator/" in file:
        return SIMULATOR
    if "/dojo/checking/" in file:
        return CHECKING
    return LIBRARY if file.startswith((_STANDARD, "<frozen")) else SCENARIO


def percentages(found: Counter[str]) -> list[str]:
    """The share of each layer, for a table; that of the learner's code as a range."""
    total = sum(found[each] for each in LAYERS) or 1
    shares = [f"{found[each] / total:.0%}" for each in LAYERS[1:]]
    return [f"{found[LEARNER] / total:.0%} to {(found[LEARNER] + found[PERHAPS]) / total:.0%}", *shares]
