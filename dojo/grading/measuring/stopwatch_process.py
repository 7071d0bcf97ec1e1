"""The stopwatch as a process: asked, answered, timed out, and never left behind."""

from __future__ import annotations

import json
import queue
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from dojo.grading.catalogue import Kata
from dojo.grading.sandbox.launch import Launched

_SLACK = 3.0  # seconds in which a process ends itself; then it is killed


@dataclass(frozen=True, slots=True)
class Source:
    """An implementation: its text, and its file in messages."""

    text: str
    name: str


class Failed(Exception):
    """A child has not done what it was asked to do: what happened in short, and in detail."""

    def __init__(self, problem: str, detail: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.detail = detail


@contextmanager
def stopwatch(kata: Kata, source: Source, limit: float) -> Iterator[Stopwatch]:
    """A process that measures one implementation; leaving the block leaves nothing of it behind.

    Args:
        kata: decides what is to be done.
        source: the implementation.
        limit: seconds after which a measurement is given up.
    """
    with tempfile.TemporaryFile() as errors:
        child = Stopwatch(kata, source, limit, errors)
        try:
            yield child
        finally:
            child.end()


class Stopwatch:
    """The process; ``end`` leaves nothing of it behind."""

    def __init__(self, kata: Kata, source: Source, limit: float, errors: IO[bytes]) -> None:
        self._name = source.name
        self._limit = limit
        self._errors = errors
        self._process = Launched("dojo.grading.measuring.stopwatch", errors)
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        # Waiting for a pipe with a time limit takes a thread where select() is for sockets only.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._say({"kata": kata.name, "name": source.name, "source": source.text})

    def ask(self, *, threads: int, operations: int, calls: bool = False) -> dict[str, Any]:
        """Have something measured.

        Args:
            threads: how many; 0 for virtual time.
            operations: how many they perform together.
            calls: whether to take the time of each one.

        Raises:
            Failed: when the code hangs, raises or takes its process down.
        """
        self._say({"threads": threads, "operations": operations, "calls": calls, "limit": self._limit})
        late, text = False, b""
        try:
            text = self._answers.get(timeout=self._limit + _SLACK)
        except queue.Empty:
            late = True
        if text:
            answer: dict[str, Any] = json.loads(text)
            if "error" in answer:
                raise Failed("failed", answer["error"])
            return answer
        self.end()
        self._errors.seek(0)
        raise self._post_mortem(self._errors.read(256 * 1024).decode("utf-8", "replace"), late)

    def end(self) -> None:
        """Kill the process with all that it has started, and wait for its end."""
        self._process.kill()
        self._reader.join()
        self._process.close()

    def _say(self, message: dict[str, Any]) -> None:
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # it has died; that no answer comes says so

    def _read(self) -> None:
        for text in self._process.stdout:
            self._answers.put(text)
        self._answers.put(b"")

    def _post_mortem(self, errors: str, late: bool) -> Failed:
        """Say why there is no answer."""
        own = re.findall(rf'File "{re.escape(self._name)}", line (\d+)', errors)
        place = f"{self._name}:{own[0]}" if own else ""
        if late or "Timeout (" in errors:
            stuck = f"stuck at {place}" if place else ""
            return Failed(f"did not end in {self._limit:g} s", stuck)
        last = errors.strip().splitlines()[-1] if errors.strip() else f"exit code {self._process.wait()}"
        return Failed("crashed", " ".join(filter(None, [last, place and f"at {place}"])))
