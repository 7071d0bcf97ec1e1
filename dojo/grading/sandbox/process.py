"""The judge's children as processes: started in sessions of their own, listened to, and never left behind."""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from dojo.grading.result import Problem
from dojo.grading.sandbox.forking import new_child
from dojo.grading.sandbox.messages import GRADERS_FAULT, Heard

WALL_LIMIT = 180.0  # seconds without a message before a child is given up, however busy the machine
_TICK = 0.05  # seconds between two calls of ``on_tick`` while nothing is said
_SLACK = 3.0  # seconds a child gets to end after its last message


def serve(
    request: dict[str, Any],
    source: str,
    name: str,
    parts: Sequence[Heard],
    on_tick: Callable[[], None] | None = None,
) -> Problem | None:
    """Run one child for each part, side by side, until all has been said that decides the result.

    Args:
        request: what the children are to do; key and part are added.
        source: the submission's text.
        name: its name in messages.
        parts: take what the children say.
        on_tick: called many times a second; what it raises ends the children and goes on to the caller.

    Returns:
        The problem that kept them from checking everything. Of several, the one at the first property in
        their order: how many children there are must not change the result.
    """
    found: dict[Heard, Problem] = {}
    with ExitStack() as stack:
        children = {heard: stack.enter_context(started(name)) for heard in parts}
        for number, (heard, child) in enumerate(children.items()):
            own = {**request, "key": heard.key, "part": number, "parts": len(parts)}
            child.ask(json.dumps(own) + "\n" + source)
        with selectors.DefaultSelector() as selector:
            for heard, child in children.items():
                selector.register(child.output, selectors.EVENT_READ, heard)
            while waiting := _undecided(selector, found):
                now = time.monotonic()
                silent = min(children[heard].heard_at for heard in waiting) + WALL_LIMIT - now
                if on_tick is not None:
                    on_tick()
                    silent = min(silent, _TICK)
                for key, _ in selector.select(max(0.0, silent)):
                    heard = key.data
                    problem = children[heard].listen(heard)
                    if problem is not None:
                        found[heard] = problem
                    if problem is not None or heard.complete or children[heard].has_ended:
                        selector.unregister(key.fileobj)
                    if heard not in found and (problem := children[heard].judge_end(heard)) is not None:
                        found[heard] = problem
                for heard in waiting:
                    if time.monotonic() - children[heard].heard_at >= WALL_LIMIT:
                        found[heard] = fell_silent(heard, name)
                        selector.unregister(children[heard].output)
    return found[min(found, key=lambda heard: heard.checking)] if found else None


def _undecided(selector: selectors.BaseSelector, found: dict[Heard, Problem]) -> list[Heard]:
    """The children that may still say something that matters."""
    first = min((heard.checking for heard in found), default=None)
    running = [key.data for key in selector.get_map().values()]
    return [heard for heard in running if first is None or not heard.has_decided(first)]


def fell_silent(heard: Heard, name: str) -> Problem:
    """The problem with a child that has said nothing for too long."""
    where = f" while checking '{heard.what}'" if heard.what else ""
    text = f"no sign of life for {WALL_LIMIT:g} s{where}"
    return Problem(text, name, 0, "look for a wait that never ends")


class Child:
    """One process; leaving the block leaves nothing of it behind, whatever happens."""

    def __init__(self, name: str, errors: IO[bytes]) -> None:
        self._name = name
        self._errors = errors
        self._process = new_child(errors)
        self._input = self._process.stdin
        self.output = self._process.stdout
        self.heard_at = time.monotonic()
        self.has_ended = False

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.close()

    def ask(self, request: str, *, more: bool = False) -> None:
        """Hand over what the child is to read; all that it will ever read, unless there is ``more`` to come."""
        self.heard_at = time.monotonic()  # it may have been waiting for long
        try:
            self._input.write(request.encode())
            self._input.flush() if more else self._input.close()
        except BrokenPipeError:
            pass  # it has died already; the end of its messages says so

    def listen(self, heard: Heard) -> Problem | None:
        """Take what it has said meanwhile; return what is wrong with that."""
        self.heard_at = time.monotonic()
        chunk = os.read(self.output.fileno(), 1 << 16)
        self.has_ended = not chunk
        return heard.feed(chunk)

    def judge_end(self, heard: Heard) -> Problem | None:
        """Why it has ended early, if it has."""
        if heard.complete:
            return heard.problem
        if not self.has_ended:
            return None
        # If it does not end: the pipe is closed, so it will say no more, whatever the submission left running.
        code = self._process.wait(_SLACK) or 0
        self._errors.seek(0)
        errors = self._errors.read(64 * 1024).decode("utf-8", "replace")
        return heard.problem or _post_mortem(code, errors, self._name, heard.what)


@contextmanager
def started(name: str) -> Iterator[Child]:
    """A child for a file of that name, until the end of the block."""
    with tempfile.TemporaryFile() as errors, Child(name, errors) as child:
        yield child


def _post_mortem(code: int, errors: str, name: str, checking: str) -> Problem:
    """Say why the child died, from its signal and what it wrote last."""
    where = f" while '{checking}' was checked" if checking else " while it was loaded"
    own = re.findall(rf'File "{re.escape(name)}", line (\d+)', errors)
    line = int(own[0]) if own else 0
    if hasattr(signal, "SIGPROF") and code in (-signal.SIGPROF, -signal.SIGXCPU):
        text = f"the code ran for seconds without reaching a step{where}"
        return Problem(text, name, line, "look for an endless loop or an endless iterator at that line")
    if "MemoryError" in errors or (hasattr(signal, "SIGKILL") and code == -signal.SIGKILL):
        text = f"the code used more memory than a kata may{where}"
        return Problem(text, name, line, "look for something that only grows")
    if code < 0:
        text = f"the process was ended by signal {-code}{where}"
        return Problem(text, name, line, "look for endless recursion, or for what ends the process")
    if code >= 0 and "Traceback" not in errors:
        text = f"the code ended the judge's process (exit code {code}){where}"
        return Problem(text, name, line, "a kata returns or raises; it ends nothing")
    last = errors.strip().splitlines()[-1] if errors.strip() else f"exit code {code}"
    return Problem(f"the judge's child ended early{where}: {last}", name, line, GRADERS_FAULT)
