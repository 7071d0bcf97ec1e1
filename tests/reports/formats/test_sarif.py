"""SARIF: the official schema, a real reader, and every finding at its place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sarif import loader

from dojo.checking.verdict import Status
from dojo.grading.result import State
from dojo.reports.formats.run import Graded
from dojo.reports.formats.sarif import OPENING, uri_of, write

from ..samples import FILE, RACE, example, result, verdict
from .scenes import PLACED, SCENES

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))


def run(graded: Graded) -> dict[str, Any]:
    """The one run of a log."""
    (found,) = json.loads(write(graded))["runs"]
    return found  # type: ignore[no-any-return]


def results(name: str) -> list[dict[str, Any]]:
    """The findings of a scene."""
    return list(run(SCENES[name])["results"])


def place(found: dict[str, Any]) -> tuple[str, int]:
    """Where a finding is shown."""
    spot = found["physicalLocation"]
    return spot["artifactLocation"]["uri"], spot["region"]["startLine"]


@pytest.mark.parametrize("name", SCENES)
def test_logs_keep_the_official_schema(name: str) -> None:
    """Formats of URIs included."""
    written = write(SCENES[name])
    assert written.startswith(OPENING) and written.isascii()
    checker = jsonschema.FormatChecker()
    assert "uri-reference" in checker.checkers  # else it would check none
    jsonschema.Draft4Validator(SCHEMA, format_checker=checker).validate(json.loads(written))


@pytest.mark.parametrize("name", SCENES)
def test_rules_are_those_that_results_name(name: str) -> None:
    """By id and by place in the list."""
    found = run(SCENES[name])
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    assert all(rules[each["ruleIndex"]] == each["ruleId"] for each in found["results"])


def test_a_reader_counts_them(tmp_path: Path) -> None:
    """sarif-tools, which teachers may run, sees as many of each level as there are."""
    file = tmp_path / "x.sarif"
    file.write_text(write(SCENES["failed"]), "utf-8")
    records = loader.load_sarif_file(str(file)).get_records()
    assert [(each["Severity"], each["Location"], each["Line"]) for each in records] == [
        ("error", FILE, 35),
        ("warning", FILE, 44),
        ("note", FILE, 1),
    ]


def test_a_failure_is_where_the_switch_was() -> None:
    """At the learner's line, with what each thread did as a code flow."""
    failure = results("failed")[0]
    assert (failure["ruleId"], failure["level"]) == ("worker_pool/stop_loses_none", "error")
    assert place(failure["locations"][0]) == (FILE, 35)
    flows = failure["codeFlows"][0]["threadFlows"]
    assert [flow["id"] for flow in flows] == ["main", "worker-1"]
    orders = [step["executionOrder"] for flow in flows for step in flow["locations"]]
    assert sorted(orders) == [1, 2, 3, 5, 7]
    assert failure["properties"]["replay"] == example().token


def test_what_raised_comes_first() -> None:
    """An exception is shown at the line that raised it."""
    raised = verdict(Status.FAIL, counterexample=example(place=(FILE, 77)))
    assert place(run(Graded([result(State.FAILED, raised)]))["results"][0]["locations"][0]) == (FILE, 77)


def test_races() -> None:
    """A warning at one access, the other beside it; a note when it is harmless; an error when it counts."""
    _, race, harmless = results("failed")
    assert (race["ruleId"], race["level"]) == ("race", "warning")
    assert (place(race["locations"][0]), place(race["relatedLocations"][0])) == ((FILE, 44), (FILE, 60))
    assert (harmless["ruleId"], harmless["level"]) == ("harmless-race", "note")
    assert [each["level"] for each in results("strict")] == ["error"]


@pytest.mark.parametrize(
    ("name", "found", "successful", "notes"),
    [
        ("passed", [], True, []),
        ("refused", [("cannot-be-graded", "error")], True, []),
        ("not started", [], True, ["note"]),
        ("inconclusive", [("worker_pool/stop_loses_none", "none")], True, []),
        ("broken", [], False, ["error"]),
        ("fault", [], False, ["error"]),
    ],
)
def test_what_is_a_finding_and_what_is_not(
    name: str, found: list[tuple[str, str]], successful: bool, notes: list[str]
) -> None:
    """A fault of ours is never a finding about the learner's code."""
    (invocation,) = run(SCENES[name])["invocations"]
    assert [(each["ruleId"], each["level"]) for each in results(name)] == found
    assert all(
        each.get("kind", "fail") == ("open" if each["level"] == "none" else "fail") for each in results(name)
    )
    assert invocation["executionSuccessful"] is successful
    assert [each["level"] for each in invocation["toolExecutionNotifications"]] == notes


def fingerprints(graded: Graded) -> list[str]:
    """Of all findings."""
    return [each["partialFingerprints"]["concurrencyDojo/v1"] for each in run(graded)["results"]]


def test_fingerprints_outlive_a_line_put_in_above() -> None:
    """They do not hang on line numbers or on which threads have met, and no two are alike."""
    second = replace(PLACED, second=RACE.second.replace("60", "70"), second_line=70)

    def graded(shift: int) -> Graded:
        moved = [
            replace(
                each,
                first=each.first.replace(
                    f"line {each.first_line} ", f"line {each.first_line + shift} "
                ).replace("main", f"main-{shift}"),
                second=each.second.replace(f"line {each.second_line} ", f"line {each.second_line + shift} "),
                first_line=each.first_line + shift,
                second_line=each.second_line + shift,
            )
            for each in (PLACED, second)
        ]
        return Graded([result(State.FAILED, verdict(Status.FAIL, warnings=moved))])

    before = fingerprints(graded(0))
    assert fingerprints(graded(7)) == before
    assert len(set(before)) == 3


URIS = {
    "katas/concurrency/x.py": "katas/concurrency/x.py",
    "a b/ü#%.py": "a%20b/%C3%BC%23%25.py",
    "../mine/x.py": "../mine/x.py",
    "/tmp/a b.py": "file:///tmp/a%20b.py",
    r"C:\Users\me\x y.py": "file:///C:/Users/me/x%20y.py",
    r"\\server\share\x.py": "file://server/share/x.py",
    r"sub\x.py": "sub/x.py",
    "a:b.py": "a%3Ab.py",
}


@pytest.mark.parametrize("path", URIS)
def test_paths_are_uris(path: str) -> None:
    """Relative ones stay relative, whatever the system."""
    assert uri_of(path) == URIS[path]
