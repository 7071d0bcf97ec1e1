"""Measures one tool in one mode on one version of a subject, in a process of its own, a command a line.

Reads commands from its input and answers each with a line of JSON, so that several tools can be measured in
turns although each has a process of its own:

- ``ready``: nothing but that the tool is loaded and can run the subject.
- ``slice SECONDS``: schedules per second for about that long, where no failure should end the exploration.
- ``first SEED LIMIT``: schedules and seconds, compiling included, until the first failure.

Without commands left it ends. What a tool cannot do is answered with the reason.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from typing import Any

from benchmarks.explorer.subject import Subject, Version, version
from benchmarks.explorer.subjects import BY_NAME
from benchmarks.explorer.tools import TOOLS, Explore, Inexpressible

WARM_UP = 20  # schedules
CHUNK = 200  # schedules an exploration of a correct program may take, again and again until the time is up


class Measured:
    """One tool on one program."""

    def __init__(self, tool: str, mode: str, subject: Subject, program: Version) -> None:
        self._make = lambda: TOOLS[tool](subject, program, mode)
        self._explore: Explore | None = None
        self._chunk = CHUNK
        self._seed = 0

    def ready(self) -> dict[str, Any]:
        """Load the tool and the program."""
        self._make()
        return {}

    def slice(self, seconds: float) -> dict[str, Any]:
        """Schedules per second: the explorations are long, but not so long that a slice lasts for ages."""
        if self._explore is None:
            self._explore = self._make()
            began = time.perf_counter()
            self._explore(WARM_UP, 0)  # whatever happens once
            pace = WARM_UP / (time.perf_counter() - began)
            self._chunk = round(min(CHUNK, max(WARM_UP, pace * seconds)))
        schedules = alarms = 0
        began, cpu = time.perf_counter(), time.process_time()
        while (elapsed := time.perf_counter() - began) < seconds:
            self._seed += 1
            found = self._explore(self._chunk, self._seed)
            schedules += found.schedules
            alarms += found.failed
        return {
            "schedules": schedules,
            "seconds": elapsed,
            "cpu": time.process_time() - cpu,
            "alarms": alarms,
        }

    def first(self, seed: float, limit: float) -> dict[str, Any]:
        """Seconds and schedules until the first failure."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = self._make()(int(limit), int(seed))
        return {
            "found": result.failed,
            "schedules": result.schedules,
            "seconds": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
        }


def main() -> None:
    tool, mode, name, which = sys.argv[1:]
    subject = BY_NAME[name]
    with version(subject, which) as program:
        measured = Measured(tool, mode, subject, program)
        for line in sys.stdin:
            command, *numbers = line.split()
            answer: dict[str, Any]
            try:
                with contextlib.redirect_stdout(io.StringIO()):  # the tools narrate
                    answer = getattr(measured, command)(*map(float, numbers))
            except Inexpressible as reason:
                answer = {"reason": str(reason)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
