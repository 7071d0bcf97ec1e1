"""What is taken from a process for good: by Linux the network, writing files, signals to others; everywhere threads.

Without Linux, or where a kernel or a container does not allow it, the audit hook (``seal``) is what there is.
``python -m dojo.grading.sandbox.isolation`` tries both on itself and prints what came of it; ``doctor`` asks it.
"""

from __future__ import annotations

import _thread
import ctypes
import json
import os
import struct
import sys
import threading
import time

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000  # from <linux/sched.h>
_NO_NEW_PRIVILEGES = 38  # from <linux/prctl.h>
# From <linux/landlock.h>; the numbers of the calls are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_WRITE_FILE = 1 << 1
_CHANGES = _WRITE_FILE | sum(1 << bit for bit in range(4, 13))  # remove and make whatever there is
_REFER, _TRUNCATE, _DEVICES = 1 << 13, 1 << 14, 1 << 15  # since versions 2, 3 and 5
_SOCKETS_AND_SIGNALS = 0b11  # since version 6: to processes outside
_REAL = {
    "_start_joinable_thread",
    "_start_new_thread",
    "sleep",
    "start_joinable_thread",
    "start_new",
    "start_new_thread",
}
_BENEATH = 1  # the kind of rule that allows something for a file


def leave_network() -> bool:
    """Move this process, and all it will fork, to where there is no network; tell whether that was possible.

    It must have one thread only. A root keeps its own user name space, or it could not read others' files.
    """
    if not sys.platform.startswith("linux"):
        return False
    flags = _NEW_NET if os.geteuid() == 0 else _NEW_USER | _NEW_NET
    return _call("unshare", flags) == 0


def give_up_files() -> bool:
    """Give up changing files, and reaching other processes, for good; tell whether that was possible.

    What is open stays open, and nothing can still be written to.
    """
    if not sys.platform.startswith("linux"):
        return False
    version = _system_call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    if version < 1:
        return False
    files = _CHANGES
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _DEVICES)):
        files |= right if version >= since else 0
    rules = struct.pack("QQQ", files, 0, _SOCKETS_AND_SIGNALS)
    known = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _system_call(_CREATE_RULESET, rules[:known], known, 0)
    if ruleset < 0:
        return False
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        allowed = struct.pack("=Qi", _WRITE_FILE, nothing)
        return (
            _system_call(_ADD_RULE, ruleset, _BENEATH, allowed, 0) == 0
            and _call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
            and _system_call(_RESTRICT_SELF, ruleset, 0) == 0
        )
    finally:
        os.close(nothing)
        os.close(ruleset)


def give_up_threads() -> None:
    """Take real threads and real sleep from the modules that offer them: not every Python tells of their use."""
    for module in (_thread, threading, time):
        for name in _REAL & vars(module).keys():
            setattr(module, name, _not_available)


def _not_available(*_: object, **__: object) -> None:
    raise RuntimeError("there are no threads and no sleep outside of the simulation")


def _system_call(number: int, *arguments: int | bytes | None) -> int:
    # Each as long as a register: a shorter one would leave what was in the other half.
    return _call(
        "syscall", *(ctypes.c_long(each) if isinstance(each, int) else each for each in (number, *arguments))
    )


def _call(name: str, *arguments: object) -> int:
    """A function of the C library; -1 if it fails, or if there is no such function."""
    try:
        function = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return -1
    function.restype = ctypes.c_long
    return int(function(*arguments))


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"network": leave_network(), "files": give_up_files()}) + "\n")
