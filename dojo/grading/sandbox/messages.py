"""What a child of the judge has said: believed only if it is signed, complete and in order."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from dojo.checking.verdict import Verdict
from dojo.grading.result import Problem

HEARTBEAT = 24  # runs between two messages about progress
_NOT_SIGNED = "a message to the judge that is not signed: something other than the grader wrote it"
FORGED = "a kata writes to no file, least of all to the grader's"
GRADERS_FAULT = "this is a fault of the grader, not of your code: please report it with the file"

Send = Callable[..., None]  # a child's way to say something: the kind of message and its data


def indices(slugs: Sequence[str], part: int, parts: int, ahead: str) -> list[int]:
    """Which properties a child checks, in its order: parent and child must agree on it.

    Args:
        slugs: all properties to be checked.
        part, parts: every property whose index leaves the remainder ``part``.
        ahead: the property that comes first, if it is one of those.
    """
    return sorted(range(part, len(slugs), parts), key=lambda index: slugs[index] != ahead)


class Heard:
    """The messages of one child.

    Args:
        name: the submission's file in messages for the reader.
        part, parts: the child checks every property whose index leaves the remainder ``part``.
        ahead: the property that it checks before its others, if it is one of them.
        on_news: called after every message that tells how far the child has come.

    Attributes:
        key: signs the messages; a submission that writes to the pipe on its own does not know it.
        slugs: all properties to be checked.
        properties: how many the kata has.
        verdicts: by the index of the property.
        checking: index of the property that is being checked; -1 before the first.
        schedules: executed for that property so far.
        problem: why the child has ended before everything was checked.
        replay: what a replay brought.
        complete: whether the child has said all it had to say.
    """

    def __init__(
        self,
        name: str,
        part: int = 0,
        parts: int = 1,
        on_news: Callable[[], None] | None = None,
        ahead: str = "",
    ) -> None:
        self.key = secrets.token_hex(16)
        self._name = name
        self._part, self._parts, self._ahead = part, parts, ahead
        self._on_news = on_news
        self._pending = b""
        self.slugs: list[str] = []
        self.properties = 0
        self.verdicts: dict[int, Verdict] = {}
        self.checking = -1
        self.schedules = 0
        self.problem: Problem | None = None
        self.replay: dict[str, Any] | None = None
        self.complete = False

    @property
    def what(self) -> str:
        """The property that is being checked; "" before the first."""
        return self.slugs[self.checking] if self.checking >= 0 else ""

    def has_decided(self, below: int) -> bool:
        """Whether all properties of this child with an index below ``below`` are decided."""
        if not self.slugs:
            return below < 0  # it has not said yet which properties there are
        return all(index in self.verdicts for index in self._indices() if index < below)

    def feed(self, chunk: bytes) -> Problem | None:
        """Take in what has arrived; return what is wrong with it, if anything is."""
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        for line in lines:
            try:
                message = _signed(line, self.key)
                if message is None:
                    return Problem(_NOT_SIGNED, self._name, 0, FORGED)
                self._accept(message["kind"], message)
            except (ValueError, KeyError, TypeError, IndexError) as error:
                return Problem(f"a damaged message from the child: {error}", self._name, 0, GRADERS_FAULT)
        return None

    def _accept(self, kind: str, message: dict[str, Any]) -> None:
        """Take in a message that is signed."""
        if kind == "hello" and not self.slugs:
            self.slugs = [str(each) for each in message["properties"]]
            self.properties = int(message.get("of", len(self.slugs)))
            if not self.slugs:
                raise ValueError("the kata has no properties")
        elif kind == "progress" and message["index"] in self._indices():
            self.checking, self.schedules = message["index"], message["schedules"]
            self._tell()
        elif kind == "verdict" and message["index"] in self._indices()[len(self.verdicts) :][:1]:
            verdict = Verdict.from_json(message["verdict"])
            if verdict.slug != self.slugs[message["index"]]:
                raise ValueError("a verdict on another property")
            self.verdicts[message["index"]] = verdict
            self.schedules = 0
            self._tell()
        elif kind == "problem":
            self.problem = Problem(message["message"], self._name, message["line"], "mend it and grade again")
        elif kind == "replay":
            self.replay = message
        elif kind == "bye" and (self.problem or self.replay or len(self.verdicts) == len(self._indices())):
            self.complete = True
        else:
            raise ValueError(f"an unexpected message '{kind}'")

    def _indices(self) -> list[int]:
        return indices(self.slugs, self._part, self._parts, self._ahead)

    def _tell(self) -> None:
        if self._on_news is not None:
            self._on_news()


class HeardOne(Heard):
    """The messages of a child that is asked for one thing, and checks no properties.

    Args:
        name: the file or cell in messages for the reader.
        kind: of the message that is the answer.

    Attributes:
        data: the answer.
    """

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(name)
        self._kind = kind
        self.data: dict[str, Any] | None = None

    def _accept(self, kind: str, message: dict[str, Any]) -> None:
        if kind == self._kind:
            self.data = message
        elif kind == "problem":
            super()._accept(kind, message)
        elif kind == "bye" and (self.data or self.problem):
            self.complete = True
        elif kind != "running":
            raise ValueError(f"an unexpected message '{kind}'")


def _signed(line: bytes, key: str) -> dict[str, Any] | None:
    """A message; None if it does not come from the child's own code."""
    try:
        message = json.loads(line)
        return message if message["key"] == key else None
    except (ValueError, KeyError, TypeError):
        return None
