"""Which processes the judge has started."""

from __future__ import annotations

import os
import subprocess


def servers(of: int | None = None) -> list[int]:
    """The fork servers of a process, this one by default."""
    return [pid for pid, parent, args in _all() if parent == (of or os.getpid()) and "fork_server" in args]


def children(of: int | None = None) -> list[int]:
    """The children of the judge in a process, forked or started."""
    parents = {of or os.getpid(), *servers(of)}
    return [
        pid
        for pid, parent, args in _all()
        if parent in parents and "dojo.grading" in args and pid not in parents
    ]


def _all() -> list[tuple[int, int, str]]:
    # Without -ww it cuts its lines at COLUMNS where that is set, in the middle of what is looked for.
    listed = subprocess.run(
        ["ps", "-e", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    lines = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [(int(pid), int(parent), args) for pid, parent, args in lines]
