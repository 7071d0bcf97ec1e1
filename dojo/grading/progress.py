"""The learner's history: a small readable file outside git, written atomically, never lost to damage."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dojo.checking.verdict import Status
from dojo.grading.catalogue import ROOT
from dojo.grading.files import write_whole
from dojo.grading.hints import RUNGS, key_of
from dojo.grading.result import KataResult, State

FORMAT = 1


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


class Damaged(ValueError):
    """The file is not what ``record`` has written."""


class History:
    """The last results by kata.

    What an entry holds is looked at only when it is asked for, and written back as it came: one that this
    version does not understand is as good as none, and damages no other.

    Attributes:
        warning: what went wrong with the file, "" if nothing did.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._entries: dict[str, Any] = {}
        self._writable = True
        self.warning = ""
        self._read()

    @staticmethod
    def load(root: Path = ROOT) -> History:
        """Read the history; a damaged file is set aside under another name, and ``warning`` says so."""
        return History(root / ".dojo" / "progress.json")

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
        self._change(result.kata, asdict(last) | {"state": last.state.value})

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
        self._read()
        self._change(kata, {"hints": self.hints(kata) | {diagnosis: shown}})

    def _change(self, kata: str, values: dict[str, Any]) -> None:
        self._read()  # another grader may have written since
        entry = self._entries.get(kata)
        self._entries[kata] = (entry if isinstance(entry, dict) else {}) | values
        if not self._writable:
            return
        entries = dict(sorted(self._entries.items()))
        try:
            write_whole(self._file, json.dumps({"format": FORMAT, "katas": entries}, indent=2) + "\n")
        except OSError as error:
            reason = error.strerror or error
            self.warning = f"{self._file} cannot be written ({reason}); the result is not remembered"

    def _read(self) -> None:
        try:
            self._entries = _entries(self._file)
        except FileNotFoundError:
            pass
        except OSError as error:
            self.warning = f"{self._file} cannot be read ({error.strerror or error}); going on without it"
        except Damaged:
            self._rescue()

    def _rescue(self) -> None:
        try:
            aside = _set_aside(self._file)
        except FileNotFoundError:
            pass  # another grader has just done it
        except OSError as error:
            self._writable = False  # there may be something in the file that can be saved
            reason = error.strerror or error
            self.warning = (
                f"{self._file} is damaged and cannot be set aside ({reason}); results are not remembered"
            )
        else:
            self.warning = f"{self._file.name} was damaged; it is kept as {aside.name}"


def _entries(file: Path) -> dict[str, Any]:
    try:
        katas = json.loads(file.read_text("utf-8"))["katas"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(str(error)) from error
    if not isinstance(katas, dict):
        raise Damaged("'katas' is no table")
    return katas


def _set_aside(file: Path) -> Path:
    """Move a file to the first name that is free; "x" never replaces anything, as a renaming might."""
    content = file.read_bytes()
    for number in itertools.count(1):
        aside = file.with_suffix(f".damaged-{number}.json")
        try:
            with aside.open("xb") as stream:
                stream.write(content)
        except FileExistsError:
            continue
        break
    file.unlink(missing_ok=True)
    return aside
