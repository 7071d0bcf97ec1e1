"""A run played by hand, seen from the parent: the child that runs the learner's code stays for the whole game."""

from __future__ import annotations

import json
import select
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from dojo.checking.turn import End, Opening, Turn
from dojo.grading.catalogue import Kata
from dojo.grading.judge import submission_of
from dojo.grading.paths import display_name
from dojo.grading.result import Problem
from dojo.grading.sandbox.messages import GRADERS_FAULT, Heard
from dojo.grading.sandbox.process import WALL_LIMIT, Child, fell_silent

Move = tuple[int, int]  # how many threads are passed over; for how many ns the first stands, if none is


class Stopped(Exception):
    """The game cannot go on; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Play:
    """A game: a context manager, which leaves no child behind.

    Args:
        kata: whose property is played.
        path: the learner's file.
        slug: which property.
        token: of the failure on record, "" if there is none.
        on_explored: told how many schedules were tried so far, while a violation is looked for.

    Attributes:
        opening: what is known before the first turn.
        source: the learner's file.
        name: the file in messages.

    Raises:
        Stopped: on entry, when the file cannot be played.
    """

    def __init__(
        self,
        kata: Kata,
        path: Path,
        slug: str,
        token: str = "",
        on_explored: Callable[[int], None] | None = None,
    ) -> None:
        self.name = display_name(path)
        self._kata, self._path, self._slug, self._token = kata, path, slug, token
        self._on_explored = on_explored
        self._stack = ExitStack()
        self.opening: Opening
        self.source = ""

    def __enter__(self) -> Play:
        submission = submission_of(self._kata, self._path)
        if isinstance(submission, Problem):
            raise Stopped(submission)
        if submission.untouched:
            raise Stopped(Problem("there is no code to play with yet", self.name, 0, "write some first"))
        self.source = submission.source
        self._talk = _Talk(self.name, self._slug, self._on_explored)
        with self._stack:
            errors = self._stack.enter_context(tempfile.TemporaryFile())
            self._child = self._stack.enter_context(Child(self.name, errors))
            request = {
                "kata": self._kata.name,
                "name": self.name,
                "play": self._slug,
                "token": self._token,
                "key": self._talk.key,
                "length": len(self.source.encode()),
            }
            self._child.ask(json.dumps(request) + "\n" + self.source, more=True)
            self.opening = Opening.from_json(self._answer("opening"))
            self._stack = self._stack.pop_all()  # all went well: the child stays
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stack.close()

    def turn(self, moves: Sequence[Move], *, until_blocked: bool = False) -> Turn | End:
        """How the run stands after these moves; its end when there is nothing to choose any more.

        Args:
            moves: what to do at each crossing in turn.
            until_blocked: let whoever runs go on until the turn goes to another.

        Raises:
            Stopped: the child ended or went silent.
        """
        return self._ask("blocked" if until_blocked else "turn", moves)

    def finish(self, moves: Sequence[Move]) -> End:
        """What comes of the run if it goes on in default order after these moves.

        Raises:
            Stopped: the child ended or went silent.
        """
        end = self._ask("finish", moves)
        assert isinstance(end, End)
        return end

    def _ask(self, what: str, moves: Sequence[Move]) -> Turn | End:
        self._child.heard_at = time.monotonic()
        self._child.ask(json.dumps({"ask": what, "choices": moves}) + "\n", more=True)
        data = self._answer("turn", "end") if what != "finish" else self._answer("end")
        try:
            return Turn.from_json(data) if "options" in data else End.from_json(data)
        except (KeyError, TypeError, ValueError) as error:
            raise Stopped(Problem(f"a damaged answer: {error}", self.name, 0, GRADERS_FAULT)) from error

    def _answer(self, *kinds: str) -> dict[str, Any]:
        """The child's next message, which must be one of these kinds."""
        while not self._talk.messages:
            left = self._child.heard_at + WALL_LIMIT - time.monotonic()
            ready, _, _ = select.select([self._child.output], [], [], max(0.0, left))
            problem = self._child.listen(self._talk) if ready else fell_silent(self._talk, self.name)
            problem = problem or self._child.judge_end(self._talk)
            if problem is not None:
                raise Stopped(problem)
        message = self._talk.messages.popleft()
        if message.pop("kind") not in kinds:
            raise Stopped(Problem("an unexpected answer from the child", self.name, 0, GRADERS_FAULT))
        return message


class _Talk(Heard):
    """Collects signed messages one by one; those about progress are passed on."""

    def __init__(self, name: str, slug: str, on_explored: Callable[[int], None] | None) -> None:
        super().__init__(name)
        self.messages: deque[dict[str, Any]] = deque()
        self._slug, self._on_explored = slug, on_explored

    @property
    def what(self) -> str:
        """The property that is played."""
        return self._slug

    def _accept(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "problem":
            super()._accept(kind, message)
        elif kind == "exploring":
            if self._on_explored is not None:
                self._on_explored(message["schedules"])
        elif kind in ("opening", "turn", "end"):
            self.messages.append({key: value for key, value in message.items() if key != "key"})
        elif kind == "bye":
            self.complete = True
        elif kind != "hello":
            raise ValueError(f"an unexpected message '{kind}'")
