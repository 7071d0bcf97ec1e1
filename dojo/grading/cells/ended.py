"""How runs of a notebook's cell ended: counted by the child, sent to the parent, shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ended:
    """How runs of a cell ended that ended alike.

    Attributes:
        ok: whether as a program should.
        kind: "finished", "deadlock", "leaked thread", "assertion failed", ...
        message: what happened, in a sentence; "" if it finished.
        line: of the cell, that raised; 0 if none did.
        printed: what the run printed, up to a limit.
        lost: how many characters it printed beyond that.
        shown: the value of the cell's last expression as text, "" if there is none.
        data: that value as JSON, "" if there is none.
        trouble: why there is no JSON of it.
        schedules: how many ended so; 0 while they are counted.
    """

    ok: bool
    kind: str
    message: str
    line: int
    printed: str
    lost: int
    shown: str
    data: str
    trouble: str
    schedules: int = 0

    @property
    def value(self) -> Any:
        """The value of the last expression, ``None`` if there is none."""
        return json.loads(self.data) if self.data else None
