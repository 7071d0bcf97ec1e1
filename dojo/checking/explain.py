"""Puts a failing run into words and rows: what went wrong, where, in the learner's names."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Sequence
from typing import Any

from dojo.checking.property import Property
from dojo.checking.races import Access, find_races
from dojo.checking.story import rows_of, shorten, source_line, stuck_threads
from dojo.checking.token import make_token
from dojo.checking.verdict import UNWRITTEN, Counterexample, Row, Warned
from dojo.simulator.machine import Program, Run
from dojo.simulator.outcome import Ending, Outcome, ThreadState
from dojo.simulator.output import without_addresses
from dojo.simulator.schedule import Schedule

_ENDS_OF_TRAIL = 4  # calls shown at either end of a long one


def counterexample(
    prop: Property, program: Program, run: Run, workload: dict[str, Any], schedule: Schedule, digest: str
) -> Counterexample:
    """Everything a report needs of a failing, recorded run."""
    files = (program.filename, prop.body.__code__.co_filename)
    kind, message = describe(run.outcome)
    ours = program.digest.hex()[:8]
    return Counterexample(
        kind=kind,
        message=message,
        workload={name: repr(value) for name, value in workload.items()},
        delays=[(each.thread, each.step) for each in schedule.delays],
        stalls=[(each.thread, each.step, each.nanoseconds) for each in schedule.stalls],
        preemptions=run.preemptions,
        elapsed=run.elapsed,
        threads=[run.names[ident] for ident in sorted(run.names)],
        rows=shorten(rows_of(run, files, program.source)),
        stuck=stuck_threads([s for s in run.outcome.threads if s.doing != "running"], files),
        place=place_of_error(run.outcome.exception, program.filename),
        token=make_token(prop.slug, workload, schedule, ours).encode(),
        trace_digest=digest,
        printed=len(run.printed) + run.lost,
        trail=trail_of(run.outcome.exception, files, program.source),
    )


def describe(outcome: Outcome) -> tuple[str, str]:
    """The kind of a failure in a word or two, and what happened in a sentence."""
    error = outcome.exception
    if outcome.ending in (Ending.RAISED, Ending.THREAD_RAISED) and error is not None:
        if isinstance(error, AssertionError):
            return "broken promise", without_addresses(str(error)) or "an assertion of the property failed"
        where = "" if outcome.thread == "main" else f" in {outcome.thread}"
        if isinstance(error, SystemExit):
            return f"exit{where}", "the code asked the interpreter to exit"
        if isinstance(error, NotImplementedError) and error.__traceback__ is not None:
            last = deque(traceback.walk_tb(error.__traceback__), maxlen=1)[0][0]
            more = f": {error}" if str(error) else ""
            return UNWRITTEN, without_addresses(
                f"{last.f_code.co_qualname}() raises NotImplementedError{more}"
            )
        text = without_addresses(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
        return f"unexpected exception{where}", text
    if outcome.ending is Ending.DEADLOCK:
        return deadlock_kind(outcome.threads), "nobody can go on"
    return outcome.ending.value, outcome.message


def deadlock_kind(threads: tuple[ThreadState, ...]) -> str:
    """Tell a cycle of locks from a wait that nobody is left to end."""
    holders = {state.name: state.held_by for state in threads if "join" not in state.waits_for}
    for start in holders:
        seen = [start]
        while (nxt := holders.get(seen[-1], "")) and nxt not in seen:
            seen.append(nxt)
        if nxt:
            return "deadlock: " + " waits for ".join([*seen[seen.index(nxt) :], nxt])
    if any("Condition.wait" in state.waits_for or "Event.wait" in state.waits_for for state in threads):
        return "deadlock: a wait that nobody ends (lost wake-up)"
    return "deadlock"


def place_of_error(error: BaseException | None, filename: str) -> tuple[str, int] | None:
    """The innermost line of the learner's file in an exception's traceback."""
    if error is None:
        return None
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
    return (filename, own[-1].lineno or 0) if own else None


def trail_of(error: BaseException | None, files: Sequence[str], source: str) -> list[Row]:
    """The calls that led to an exception that nobody expected: those in files that the reader knows.

    Args:
        error: the exception; a broken promise has said all there is to say itself.
        files: the submission and the property's.
        source: the submission's text.
    """
    if error is None or isinstance(error, AssertionError):
        return []
    lines = source.splitlines()
    rows = [
        Row(
            "",
            source_line(frame.filename, frame.lineno or 0, files, lines),
            frame.filename,
            frame.lineno or 0,
        )
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename in files
    ]
    left_out = len(rows) - 2 * _ENDS_OF_TRAIL
    if left_out < 2:
        return rows
    gap = Row("", f"... {left_out} calls ...", "", 0, "gap")
    return [*rows[:_ENDS_OF_TRAIL], gap, *rows[-_ENDS_OF_TRAIL:]]


def warnings_of(run: Run, filename: str) -> list[Warned]:
    """The race warnings of a recorded run, as text."""
    found = []
    for race in find_races(run.events, run.targets, run.names):
        if race.first.file == filename and race.second.file == filename:
            first = _access(race.first)
            second = _access(race.second)
            lines = (race.first.line, race.second.line)
            found.append(Warned(race.what, first, second, race.harmless, *lines))
    return found


def _access(access: Access) -> str:
    return f"{access.thread} {access.kind} line {access.line} in {access.function}"
