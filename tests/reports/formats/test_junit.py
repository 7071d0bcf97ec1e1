"""JUnit XML: one schema, one real reader, and every case where a reader looks for it."""

from __future__ import annotations

from pathlib import Path

import junitparser
import pytest
import xmlschema

from dojo.reports.formats.junit import OPENING, write

from .scenes import NASTY, SCENES

XSD = xmlschema.XMLSchema(Path(__file__).parent / "schemas" / "junit.xsd")


def suites(name: str) -> list[junitparser.TestSuite]:
    """A scene as the reader sees it."""
    return list(junitparser.JUnitXml.fromstring(write(SCENES[name]).encode()))


@pytest.mark.parametrize("name", SCENES)
def test_documents_keep_the_schema(name: str) -> None:
    """Well-formed, of the known elements and attributes only, and ASCII whatever the learner wrote."""
    written = write(SCENES[name])
    assert written.isascii()
    assert written.startswith(OPENING)
    XSD.validate(written)


# Which elements the two properties of the kata have, and how many tests, failures, errors, skipped there are.
CASES = {
    "passed": ([None, None], (2, 0, 0, 0)),
    "failed": (["failure", None], (2, 1, 0, 0)),
    "strict": (["failure", None], (2, 1, 0, 0)),
    "refused": (["error", "skipped", "skipped"], (3, 0, 1, 2)),
    "stopped": (["error", None, "skipped"], (3, 0, 1, 1)),
    "not started": (["skipped", "skipped"], (2, 0, 0, 2)),
    "inconclusive": (["error", None], (2, 0, 1, 0)),
    "broken": (["error", None], (2, 0, 1, 0)),
    "fault": (["error", None, "error"], (3, 0, 2, 0)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_case_for_each_property(name: str) -> None:
    """Whatever has become of it; and the counts are right, of the suite and of the whole."""
    (suite,) = suites(name)
    found = [next((each._tag for each in case.result), None) for case in suite]
    counts = (suite.tests, suite.failures, suite.errors, suite.skipped)
    assert (found, counts) == CASES[name]
    suite.update_statistics()
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == counts
    whole = junitparser.JUnitXml.fromstring(write(SCENES[name]).encode())
    assert (whole.tests, whole.failures, whole.errors, whole.skipped) == counts


def test_a_failure_tells_the_story() -> None:
    """Kind and message for a list, the whole story for who opens it, the line for an annotation."""
    (suite,) = suites("failed")
    case = next(iter(suite))
    (failure,) = case.result
    assert (case.classname, case.name) == ("worker_pool", "stop() loses no accepted job")
    assert failure.message == "deadlock: a wait that nobody ends (lost wake-up): nobody can go on"
    assert failure.type == "failed"
    assert "<- preempted here" in failure.text and "blocked for ever" in failure.text
    assert case._elem.get("line") == "35"
    assert "self._stopping" in suite._elem.findtext("system-out")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("inconclusive", "inconclusive"),
        ("broken", "grader fault"),
        ("fault", "grader fault"),
        ("refused", "cannot be graded"),
    ],
)
def test_errors_say_whose_they_are(name: str, kind: str) -> None:
    """What is ours, what the learner mends and what nobody knows are three types."""
    (suite,) = suites(name)
    (error,) = next(iter(suite)).result
    assert error.type == kind


def test_results_of_one_kata_have_names_of_their_own() -> None:
    """Two files for one kata are two suites, told apart by their paths."""
    names = [suite.name for suite in suites("nasty")]
    assert len(set(names)) == 2
    assert names[1] == "worker_pool (katas/concurrency/worker_pool.py)"


def test_texts_come_back_as_they_were_shown() -> None:
    """What XML cannot hold is an escape, everything else is read as it was written."""
    failing = next(iter(suites("nasty")[0]))
    (failure,) = failing.result
    for part in ("]]>", "\\x00", "\\x1b[31m", "\\ud800", "🎉", "\\u202eevil", "<script>", "&"):
        assert part in failure.message, part
    assert NASTY.split("\n")[0] not in failure.message


def test_equal_gradings_are_equal_text() -> None:
    """No times, no host."""
    assert write(SCENES["several"]) == write(SCENES["several"])
    assert "timestamp" not in write(SCENES["several"])
