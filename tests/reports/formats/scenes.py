"""One grading run for everything that a format has to tell, and one whose texts try to break out of it."""

from __future__ import annotations

from dataclasses import replace

from dojo.checking.verdict import Row, Status, Stuck
from dojo.grading.result import Problem, State
from dojo.grading.sandbox.messages import GRADERS_FAULT
from dojo.reports.formats.run import Graded

from ..samples import FILE, HARMLESS, RACE, SYNTAX, example, result, verdict

PLACED = replace(RACE, first_line=44, second_line=60)
PROMISES = {
    "worker_pool": {"stop_loses_none": "stop() loses no accepted job", "second": "the second promise"}
}
FAULT = Problem("the judge's child ended early: exit code 3", FILE, 0, GRADERS_FAULT)

NASTY = (
    "]]> \0 \x07 \x1b[31m \ufffe \ud800 🎉 \u202eevil\u202c | `` ```` ` <script>alert(1)</script> & \"' "
    "[x](javascript:alert(1)) ![x](http://x.example/y.png) http://x.example <!-- -->\n~~~~\n```\n# head\n\n| a | b |"
)

_FAIL = verdict(Status.FAIL, warnings=[PLACED, HARMLESS])
_SECOND = verdict(name="the second promise", slug="second")
_NASTY_EXAMPLE = example(
    kind=f"unexpected exception in {NASTY}",
    message=NASTY,
    workload={"jobs": NASTY},
    threads=["main", NASTY],
    rows=[Row("main", NASTY, FILE, 3, "preempted"), Row(NASTY, NASTY, FILE, 4, "blocked")],
    stuck=[Stuck(NASTY, "blocked", NASTY, NASTY, FILE, 3)],
)


def _run(*results: object, **asked: object) -> Graded:
    return Graded(results, 3, 400, promises=PROMISES, **asked)  # type: ignore[arg-type]


SCENES = {
    "passed": _run(result(State.PASSED, verdict(), _SECOND)),
    "failed": _run(result(State.FAILED, _FAIL, _SECOND)),
    "strict": _run(result(State.FAILED, verdict(warnings=[PLACED]), _SECOND), strict=True),
    "refused": _run(result(State.REFUSED, problem=SYNTAX)),
    "stopped": _run(
        result(State.REFUSED, verdict(), properties=2, problem=replace(SYNTAX, message="too much"))
    ),
    "not started": _run(result(State.NOT_STARTED)),
    "inconclusive": _run(result(State.INCONCLUSIVE, verdict(Status.INCONCLUSIVE), _SECOND)),
    "broken": _run(result(State.BROKEN, verdict(Status.BROKEN, reason="two runs differed"), _SECOND)),
    "fault": _run(result(State.BROKEN, verdict(), properties=2, problem=FAULT)),
    "nasty": _run(
        result(
            State.FAILED,
            verdict(
                Status.FAIL,
                counterexample=_NASTY_EXAMPLE,
                warnings=[replace(PLACED, what=NASTY, first=f"{NASTY} write line 44 in {NASTY}")],
            ),
            verdict(Status.INCONCLUSIVE, name="the second promise", slug="second", reason=NASTY),
            path=f"dir/{NASTY}.py",
        ),
        result(State.REFUSED, problem=replace(SYNTAX, message=NASTY, remedy=NASTY)),
    ),
}
SCENES["several"] = _run(*(each.results[0] for each in SCENES.values()))
SCENES["none"] = _run()
