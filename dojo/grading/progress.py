"""The learner's history: a small readable file outside git, written atomically, never lost to damage."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from dojo.grading.catalogue import ROOT
from dojo.grading.result import KataResult, State

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Last:
    """The last result of one kata."""

    state: State
    passed: int
    properties: int
    token: str  # of the first failure, "" if there was none
    digest: str  # of the file that was graded


class History:
    """The last results by kata."""

    def __init__(self, file: Path, entries: dict[str, Last], warning: str = "") -> None:
        self._file = file
        self._entries = entries
        self.warning = warning

    @staticmethod
    def load(root: Path = ROOT) -> History:
        """Read the history; a damaged file is set aside under another name, and ``warning`` says so."""
        file = root / ".dojo" / "progress.json"
        try:
            data = json.loads(file.read_text("utf-8"))
            entries = {
                str(name): Last(
                    State(entry["state"]),
                    int(entry["passed"]),
                    int(entry["properties"]),
                    str(entry["token"]),
                    str(entry["digest"]),
                )
                for name, entry in data["katas"].items()
            }
            return History(file, entries)
        except FileNotFoundError:
            return History(file, {})
        except OSError as error:
            return History(file, {}, f"{file} cannot be read ({error.strerror}); going on without it")
        except (ValueError, KeyError, TypeError, AttributeError):
            aside = _set_aside(file)
            return History(file, {}, f"{file.name} was damaged; it is kept as {aside.name}")

    def last(self, kata: str) -> Last | None:
        """The last result of a kata, if it was ever graded."""
        return self._entries.get(kata)

    def record(self, result: KataResult) -> None:
        """Note a result and write the file; a file that cannot be written costs the note, not the grading."""
        failed = result.failed
        example = failed[0].counterexample if failed else None
        self._entries[result.kata] = Last(
            result.state,
            sum(verdict.status.value == "pass" for verdict in result.verdicts),
            result.properties,
            example.token if example else "",
            result.digest,
        )
        entries = {
            name: asdict(last) | {"state": last.state.value} for name, last in sorted(self._entries.items())
        }
        try:
            _write(self._file, json.dumps({"format": FORMAT, "katas": entries}, indent=2) + "\n")
        except OSError as error:
            self.warning = f"{self._file} cannot be written ({error.strerror}); the result is not remembered"


def _set_aside(file: Path) -> Path:
    number = 1
    while (aside := file.with_suffix(f".damaged-{number}.json")).exists():
        number += 1
    try:
        file.rename(aside)
    except OSError:
        return file
    return aside


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".progress-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
