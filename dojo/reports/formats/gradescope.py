"""Gradescope's ``results.json``: points for each property, what went wrong, and who may see it when.

One property is one point, so a kata counts for as many points as it has properties, and who keeps some of its
promises has that part of them: set the assignment's points to the ``max_score`` in ``extra_data``. What is given::

    passed                    1
    failed, race warning with --strict, inconclusive
                              0, with the story or the reason
    a file that cannot be graded, or not to the end; a file not started
                              0 for all its properties, also for those that had been decided by then
    grader fault              no score: the text says that it is ours to mend and is to be graded again. The
                              total counts as 0 for it; the note at the top and ``extra_data`` name how many
                              points are open, so that nobody takes the total for a mark.

``visibility`` is that of the whole result; why a file could not be graded at all is always visible, for it tells
nothing about the hidden properties and can be mended before the due date.
"""

from __future__ import annotations

import json
from typing import Any

from dojo.grading.result import KataResult, State
from dojo.reports.formats.run import Case, Graded, Outcome

VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
OPENING = '{\n  "extra_data": {\n    "grader": "concurrency-dojo",'
_MOST = 20_000  # characters of one text


def write(graded: Graded) -> str:
    """The document on a run."""
    tests: list[dict[str, Any]] = []
    for number, result in enumerate(graded.results, 1):
        found = [_test(case, result, graded) for case in graded.cases(result)]
        if result.problem is not None:
            found.insert(0, _stopped(result, graded))
        for place, test in enumerate(found, 1):
            test["number"] = f"{number}.{place}"
        tests += found
    score = sum(test.get("score", 0) for test in tests)
    most = sum(test.get("max_score", 0) for test in tests)
    faults = sum("score" not in test for test in tests if "max_score" in test)
    document = {
        "extra_data": {
            "grader": "concurrency-dojo",
            "seed": graded.seed,
            "budget": graded.budget,
            "strict": graded.strict,
            "max_score": most,
            "open": faults,
        },
        "score": score,
        "visibility": graded.visibility,
        "stdout_visibility": "hidden",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "output": _note(graded, score, most, faults),
        "tests": tests,
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _note(graded: Graded, score: int, most: int, faults: int) -> str:
    lines = []
    if faults or any(result.state is State.BROKEN for result in graded.results):
        lines += [
            f"GRADER FAULT: {faults} of {most} points are open, and the score leaves them out.",
            "Not a mistake in the code. Instructor: please run the autograder again, and report it if it recurs.",
            "",
        ]
    lines.append(f"{score} of {most} points: one for each property that holds")
    for result in graded.results:
        lines.append(f"{graded.title(result)}: {result.state.value}")
    return "\n".join(lines)


def _test(case: Case, result: KataResult, graded: Graded) -> dict[str, Any]:
    test = {"name": f"{graded.title(result)}: {case.name}", "max_score": 1}
    if case.outcome is Outcome.FAULT:
        what = "To be graded again by the instructor."
        return {**test, "output": _cut(f"{case.message}\n{what}\n{case.text}")}
    refused = result.state is State.REFUSED
    earned = case.outcome is Outcome.PASSED and not refused
    test |= {"score": int(earned), "status": "passed" if earned else "failed"}
    if earned:
        return test
    if case.outcome is Outcome.PASSED:
        return {**test, "output": "it held, but the file could not be graded to the end: see above"}
    label = "" if case.outcome is Outcome.FAILED else f"{case.outcome.value}: "
    message = case.message.removeprefix(label)
    return {**test, "output": _cut(f"{label}{message}\n{case.text}".rstrip())}


def _stopped(result: KataResult, graded: Graded) -> dict[str, Any]:
    """An entry without points: why the file was not graded, or not to the end."""
    ours = result.state is State.BROKEN
    test = {
        "name": f"{graded.title(result)}: {'grader fault' if ours else result.state.value}",
        "status": "failed",
        "output": _cut(graded.trouble(result)),
    }
    early = not result.verdicts and not result.properties  # nothing hidden has been run
    return {**test, "visibility": "visible"} if early and not ours else test


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else text[:_MOST] + "\n..."
