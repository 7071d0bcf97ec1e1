"""The learner's history: the last result of each kata, in a small readable file outside git."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dojo.checking.verdict import Status
from dojo.grading.learner.hints import RUNGS, key_of
from dojo.grading.result import KataResult, State
from dojo.grading.store import Store, Table


@dataclass(frozen=True, slots=True)
class Last:
    """The last result of one kata.

    Attributes:
        state: what it came to.
        passed: properties that hold.
        properties: properties there are.
        token: replays the first failure, "" if there was none.
        digest: fingerprint of the file that was graded.
        slug: the property that failed first, "" if none did.
        kind: how it failed.
    """

    state: State
    passed: int
    properties: int
    token: str
    digest: str
    slug: str = ""
    kind: str = ""

    @property
    def diagnosis(self) -> str:
        """What hints belong to: the broken property and the way in which it broke; "" without a failure."""
        return f"{self.slug}/{key_of(self.kind)}" if self.slug else ""


class History:
    """The last results by kata; an entry that this version does not understand is as good as none."""

    def __init__(self, file: Path) -> None:
        """Read the history; a damaged file is set aside under another name, and ``warning`` says so."""
        self._store = Store(file, "katas", what="result")

    @property
    def warning(self) -> str:
        """What went wrong with the file, "" if nothing did."""
        return self._store.warning

    @property
    def _entries(self) -> Table:
        return self._store.tables["katas"]

    def last(self, kata: str) -> Last | None:
        """The last result of a kata, if it was ever graded."""
        try:
            entry = self._entries[kata]
            return Last(
                State(entry["state"]),
                int(entry["passed"]),
                int(entry["properties"]),
                str(entry["token"]),
                str(entry["digest"]),
                str(entry.get("slug", "")),
                str(entry.get("kind", "")),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            return None

    def record(self, result: KataResult) -> None:
        """Note a result and write the file; a file that cannot be written costs the note, not the grading."""
        failed = result.failed
        example = failed[0].counterexample if failed else None
        last = Last(
            result.state,
            sum(verdict.status is Status.PASS for verdict in result.verdicts),
            result.properties,
            example.token if example else "",
            result.digest,
            failed[0].slug if example else "",
            example.kind if example else "",
        )
        values = asdict(last) | {"state": last.state.value}
        if result.state is not State.NOT_STARTED:
            values["begun"] = True  # and so it stays, also when the file is put back to the stub
        self._change(result.kata, values)

    @property
    def has_begun(self) -> bool:
        """Whether any kata was ever started."""
        entries = [entry for entry in self._entries.values() if isinstance(entry, dict)]
        idle = (None, State.NOT_STARTED.value)
        return any(entry.get("begun") or entry.get("state") not in idle for entry in entries)

    def hints(self, kata: str) -> dict[str, int]:
        """How many hints were shown for each diagnosis of a kata, in the order in which they were asked for."""
        try:
            return {str(key): int(count) for key, count in self._entries[kata]["hints"].items()}
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            return {}

    def next_rung(self, kata: str) -> int:
        """The number of the hint that comes next for the last failure: 1 to 3; 0 without a failure."""
        last = self.last(kata)
        if last is None or not last.diagnosis:
            return 0
        return min(RUNGS, self.hints(kata).get(last.diagnosis, 0) + 1)

    def note_hint(self, kata: str, diagnosis: str, shown: int) -> None:
        """Note that so many hints were shown for a diagnosis."""
        self._store.read()
        self._change(kata, {"hints": self.hints(kata) | {diagnosis: shown}})

    def _change(self, kata: str, values: dict[str, Any]) -> None:
        self._store.read()  # another grader may have written since
        entry = self._entries.get(kata)
        self._entries[kata] = (entry if isinstance(entry, dict) else {}) | values
        self._store.write()
