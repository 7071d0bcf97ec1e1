"""The judge: runs a kata's hidden properties on a file in child processes and decides from what they report.

Nothing the submission prints or exits with can make a pass: every property's verdict must arrive, in order.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from dojo.checking.verdict import Step, Verdict
from dojo.grading.catalogue import Kata
from dojo.grading.fingerprint import of_grading
from dojo.grading.paths import display_name
from dojo.grading.result import KataResult, Problem, State, state_of
from dojo.grading.sandbox.messages import GRADERS_FAULT, Heard
from dojo.grading.sandbox.process import serve
from dojo.grading.sources.submission import Submission, checked, digest_of, read_submission, read_text
from dojo.grading.terms import USUAL, Terms
from dojo.grading.verdict_store import VerdictStore

MOST_WORKERS = 4  # each executes the module and the properties anew: more would not pay

# Parsing is not safe in several threads at once (python/cpython#106905), nor is setting warnings aside before 3.14.
_PARSING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far grading has come."""

    kata: str
    decided: int  # properties
    properties: int
    name: str  # of a property that is being checked
    schedules: int  # executed so far, for all properties
    first: Verdict | None = None  # on the property to be checked first, as soon as it is decided


@dataclass(frozen=True, slots=True)
class Replay:
    """A run repeated from its token, or the first run of a property.

    Attributes:
        problem: why there is no run.
        notes: why it may differ from the run that the token was made from.
        reproduced: whether it fails.
        verdict: on this one run.
        steps: all that happened.
        workload: the arguments of the property, as text.
        source: the submission's text.
    """

    problem: Problem | None
    notes: tuple[str, ...] = ()
    reproduced: bool = False
    verdict: Verdict | None = None
    steps: tuple[Step, ...] = ()
    workload: dict[str, str] = field(default_factory=dict)
    source: str = ""


OnProgress = Callable[[Progress], None]


def grade(
    kata: Kata,
    path: Path,
    terms: Terms = USUAL,
    *,
    name: str = "",
    store: VerdictStore | None = None,
    on_progress: OnProgress | None = None,
    on_tick: Callable[[], None] | None = None,
) -> KataResult:
    """Grade one file.

    Args:
        kata: whose properties to check.
        path: the file.
        terms: how to check them.
        name: of the file in all that is reported; by default its path.
        store: answers what was graded before, and is given what was not; None to grade in any case.
        on_progress: told how far it has come.
        on_tick: called many times a second; what it raises ends the grading and goes on to the caller.
    """
    name = name or display_name(path)
    text = read_text(path, name)
    if isinstance(text, Problem):
        return KataResult(kata.name, name, State.REFUSED, problem=text)
    if terms.only:
        store = None  # it keeps whole gradings
    key = of_grading(kata, name, text, budget=terms.budget, seed=terms.seed) if store is not None else ""
    if store is not None and (known := remembered(kata, name, text, store.find(key), strict=terms.strict)):
        return known
    result = grade_text(kata, text, name, terms, on_progress=on_progress, on_tick=on_tick)
    if store is not None:
        store.keep(key, result)
    return result


def remembered(
    kata: Kata, name: str, text: str, verdicts: Sequence[Verdict] | None, *, strict: bool
) -> KataResult | None:
    """The result that verdicts from the store stand for; None if there are none."""
    if verdicts is None:
        return None
    state = state_of(verdicts, len(verdicts), strict=strict)
    digest = digest_of(text)
    return KataResult(kata.name, name, state, tuple(verdicts), len(verdicts), digest=digest, unchanged=True)


def grade_text(
    kata: Kata,
    text: str,
    name: str,
    terms: Terms = USUAL,
    *,
    on_progress: OnProgress | None = None,
    on_tick: Callable[[], None] | None = None,
) -> KataResult:
    """Grade a text that was read; the arguments are those of ``grade``."""
    started = time.monotonic()
    early = without_running(kata, text, name)
    if early is not None:
        return early
    count = 1 if terms.only else terms.workers or min(MOST_WORKERS, processors())
    parts: list[Heard] = []
    problem = None
    # What stops a child hides all that it had still to check: in another order that would be something else.
    for ahead in dict.fromkeys((terms.first, "")):

        def on_news(ahead: str = ahead) -> None:
            if on_progress is not None:
                on_progress(progress_of(kata.name, parts, ahead))

        parts[:] = (Heard(name, part, count, on_news, ahead) for part in range(count))
        request = {
            "kata": kata.name,
            "name": name,
            "budget": terms.budget,
            "seed": terms.seed,
            "token": "",
            "ahead": ahead,
            "only": terms.only,
        }
        problem = serve(request, text, name, parts, on_tick)
        if problem is None:
            break
    verdicts = _in_order(parts)
    state = state_of(verdicts, len(_slugs(parts)), strict=terms.strict)
    if problem is not None:
        state = State.BROKEN if problem.remedy == GRADERS_FAULT else State.REFUSED
    seconds = time.monotonic() - started
    properties = max(heard.properties for heard in parts)
    return KataResult(
        kata.name, name, state, verdicts, properties, problem, digest_of(text), seconds, only=terms.only
    )


def without_running(kata: Kata, text: str, name: str) -> KataResult | None:
    """The result for a text that need not be run: one that is refused, or nothing but the stub.

    Args:
        kata: what it is a submission for.
        text: the submission.
        name: of it in what is reported.
    """
    with _PARSING:
        read = checked(text, stub_of(kata), kata.imports, name)
    if isinstance(read, Problem):
        return KataResult(kata.name, name, State.REFUSED, problem=read)
    if read.untouched:
        return KataResult(kata.name, name, State.NOT_STARTED, digest=read.digest)
    return None


def replay(kata: Kata, path: Path, token: str, name: str = "") -> Replay:
    """Repeat the run that a token describes.

    Args:
        kata: whose property.
        path: the file.
        token: says which property, which arguments and which schedule.
        name: of the file in all that is reported; by default its path.

    Raises:
        dojo.checking.token.BadToken: when the text is not a token.
    """
    from dojo.checking.token import decode

    decode(token)
    return _one_run(kata, path, name or display_name(path), {"token": token})


def first_run(kata: Kata, path: Path, slug: str) -> Replay:
    """Run one property once: its first example, or else its simplest workload, in the default order.

    Args:
        kata: whose property.
        path: the file.
        slug: the property's short name.
    """
    return _one_run(kata, path, display_name(path), {"token": "", "first": slug})


def _one_run(kata: Kata, path: Path, name: str, what: dict[str, str]) -> Replay:
    read = submission_of(kata, path, name)
    if isinstance(read, Problem):
        return Replay(read)
    if read.untouched:
        return Replay(
            Problem("nothing is written yet", name, remedy="replace the stub's bodies, then try again")
        )
    heard = Heard(name)
    request = {"kata": kata.name, "name": name, "budget": 1, "seed": 0, **what}
    problem = serve(request, read.source, name, [heard])
    data = heard.replay
    if problem is not None or data is None:
        return Replay(problem or Problem("the replay brought no result", remedy=GRADERS_FAULT))
    return Replay(
        None,
        tuple(data["notes"]),
        data["reproduced"],
        Verdict.from_json(data["verdict"]),
        tuple(Step(**step) for step in data["steps"]),
        data["workload"],
        read.source,
    )


def submission_of(kata: Kata, path: Path, name: str = "") -> Submission | Problem:
    """A learner's file, read and looked through; the problem, with ``name``, if it cannot be graded."""
    return read_submission(path, stub_of(kata), kata.imports, name)


def stub_of(kata: Kata) -> str:
    """What learners start from, as it would be made now."""
    return _stub(kata.contract.read_text("utf-8"))


@lru_cache(maxsize=64)  # more than there are katas: a whole class is graded against the same few
def _stub(contract: str) -> str:
    from dojo.grading.sources.stubs import make_stub

    return make_stub(contract)


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _in_order(parts: list[Heard]) -> tuple[Verdict, ...]:
    """The verdicts up to the first property without one: what a single child would have brought."""
    decided = {index: verdict for heard in parts for index, verdict in heard.verdicts.items()}
    first_missing = next(index for index in range(len(decided) + 1) if index not in decided)
    return tuple(decided[index] for index in range(first_missing))


def progress_of(kata: str, parts: Sequence[Heard], ahead: str = "") -> Progress:
    """Where all children together are; the name is that of the first property that is being checked.

    Args:
        kata: its name.
        parts: what each child has said; some may not have said anything yet.
        ahead: the property to be checked first.
    """
    slugs = _slugs(parts)
    checking = min((heard.checking for heard in parts if heard.what), default=-1)
    verdicts = [verdict for heard in parts for verdict in heard.verdicts.values()]
    done = sum(verdict.schedules for verdict in verdicts)
    now = sum(heard.schedules for heard in parts)
    early = next((verdict for verdict in verdicts if verdict.slug == ahead), None)
    name = slugs[checking] if checking >= 0 else ""
    return Progress(kata, len(verdicts), len(slugs), name, done + now, early)


def _slugs(parts: Sequence[Heard]) -> list[str]:
    """All properties to be checked; a child that was stopped early, or is not ready yet, has not said them."""
    return max((heard.slugs for heard in parts), key=len)
