"""SARIF 2.1.0, as code scanning on GitHub and editors read it: failures and races at the lines they are about.

A property that fails is an ``error``, with the smallest failing run as a code flow: a thread flow for each thread.
A race is a ``warning``, one that can do no harm a ``note``, at its first access with the second one beside it. A
file that cannot be graded is an ``error`` at the line that is to be mended. An inconclusive property is a result
of kind ``open``. A fault of the grader is no result: it is a notification, and the invocation was not successful.

Fingerprints leave line numbers out, so that a finding stays the same one when the code above it grows.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import quote

from dojo import ENGINE_VERSION
from dojo.checking.verdict import Counterexample, Row, Status, Verdict, Warned
from dojo.grading.result import KataResult, State, overall
from dojo.reports.advice import distinct
from dojo.reports.formats.run import Graded, blamed, is_own, said

VERSION = "2.1.0"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
OPENING = f'{{\n  "$schema": "{_SCHEMA}",'
_RACE, _HARMLESS, _REFUSED = "race", "harmless-race", "cannot-be-graded"
_GENERAL = {
    _RACE: (
        "Two threads access one variable, one of them writes, and nothing puts the two in order.",
        "Guard both accesses with the same lock, or hand the value over through a queue or an event.",
    ),
    _HARMLESS: (
        "A race that can do no harm under the global interpreter lock.",
        "It is told for completeness: a reader of the code has to know why it is safe.",
    ),
    _REFUSED: ("The file cannot be graded.", "Mend what the message names and grade it again."),
}
_LEVELS = {_RACE: "warning", _HARMLESS: "note", _REFUSED: "error"}

Json = dict[str, Any]


def write(graded: Graded) -> str:
    """The log of a run."""
    rules = [*_general_rules(), *_property_rules(graded)]
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    results = [each for result in graded.results for each in _results(result, graded)]
    _number(results)
    for each in results:
        each["ruleIndex"] = places[each["ruleId"]]
    driver = {
        "name": "concurrency-dojo",
        "version": str(ENGINE_VERSION),
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "concurrency-dojo/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(graded)],
        "results": results,
    }
    document = {"$schema": _SCHEMA, "version": VERSION, "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _general_rules() -> Iterator[Json]:
    for name, (short, help_) in _GENERAL.items():
        yield _rule(name, short, help_, _LEVELS[name])


def _property_rules(graded: Graded) -> Iterator[Json]:
    page, seen = graded.page, set()
    for result in graded.results:
        for verdict in result.verdicts:
            name = _rule_id(result, verdict)
            if name not in seen and verdict.status in (Status.FAIL, Status.INCONCLUSIVE):
                seen.add(name)
                short = page.clean(verdict.property)
                yield _rule(name, short, page.clean(verdict.why) or short, "error")


def _rule(name: str, short: str, more: str, level: str) -> Json:
    return {
        "id": name,
        "shortDescription": {"text": short},
        "help": {"text": more},
        "defaultConfiguration": {"level": level},
    }


def _rule_id(result: KataResult, verdict: Verdict) -> str:
    return f"{result.kata}/{verdict.slug}"


def _results(result: KataResult, graded: Graded) -> Iterator[Json]:
    if result.state is State.REFUSED and result.problem is not None:
        problem = result.problem
        text = graded.page.clean(
            f"{problem.message}: {problem.remedy}" if problem.remedy else problem.message
        )
        found = _result(_REFUSED, "error", text, _location(result.path, problem.line, graded))
        yield _with_fingerprint(found, result.kata, _REFUSED)
    for verdict in result.verdicts:
        if verdict.status is Status.FAIL:
            yield _failure(verdict, result, graded)
        elif verdict.status is Status.INCONCLUSIVE:
            text = graded.page.clean(f"{verdict.property}: {verdict.reason}")
            found = _result(_rule_id(result, verdict), "none", text, _location(result.path, 0, graded))
            yield _with_fingerprint(found | {"kind": "open"}, result.kata, verdict.slug, "open")
    for warning in distinct(result.verdicts):
        yield _race(warning, result, graded)


def _failure(verdict: Verdict, result: KataResult, graded: Graded) -> Json:
    page, example = graded.page, verdict.counterexample
    text = f"{page.clean(verdict.property)}: {said(verdict, page)}"
    place = _location(result.path, blamed(verdict, result), graded)
    found = _result(_rule_id(result, verdict), "error", text, place)
    if example is not None:
        found["properties"] = {
            "replay": example.token,
            "workload": {page.clean(name): page.clean(value) for name, value in example.workload.items()},
        }
        threads = _threads(example, result, graded)
        if threads:
            found["codeFlows"] = [{"threadFlows": threads}]
    kind = example.kind.partition(":")[0] if example is not None else ""
    return _with_fingerprint(found, result.kata, verdict.slug, kind)


def _threads(example: Counterexample, result: KataResult, graded: Graded) -> list[Json]:
    """The story as SARIF tells one: what each thread did, numbered in the order in which it happened."""
    flows: dict[str, list[Json]] = {}
    for number, row in enumerate(example.rows, 1):
        if row.thread and row.line:
            flows.setdefault(row.thread, []).append(_step(row, number, result, graded))
    return [{"id": graded.page.clean(thread), "locations": steps} for thread, steps in flows.items()]


def _step(row: Row, number: int, result: KataResult, graded: Graded) -> Json:
    path = result.path if is_own(row.file, result) else row.file
    note = f" ({row.mark})" if row.mark else ""
    place = _location(path, row.line, graded, graded.page.clean(row.text) + note)
    importance = "essential" if row.mark in ("preempted", "stalled") else "important"
    return {"location": place, "executionOrder": number, "importance": importance}


def _race(warning: Warned, result: KataResult, graded: Graded) -> Json:
    page = graded.page
    rule = _HARMLESS if warning.harmless else _RACE
    what, first, second = (page.clean(each) for each in (warning.what, warning.first, warning.second))
    text = f"{what}: nothing puts these two in order: {first}; {second}"
    if warning.harmless:
        text += f" (harmless: {page.clean(warning.harmless)})"
    elif graded.strict:
        text += " (counts as a failure: --strict)"
    level = "error" if graded.strict and not warning.harmless else _LEVELS[rule]
    found = _result(rule, level, text, _location(result.path, warning.first_line, graded))
    found["relatedLocations"] = [_location(result.path, warning.second_line, graded, second)]
    spots = sorted(
        _spot(side, line)
        for side, line in ((warning.first, warning.first_line), (warning.second, warning.second_line))
    )
    return _with_fingerprint(found, result.kata, rule, warning.what, *spots)


def _spot(access: str, line: int) -> str:
    """An access without what may change from run to run: ``write Semaphore._take`` of a thread at a line."""
    head, _, function = access.partition(f" line {line} in ")
    return f"{head.rpartition(' ')[2]} {function}"


def _result(rule: str, level: str, text: str, place: Json) -> Json:
    return {"ruleId": rule, "level": level, "message": {"text": text}, "locations": [place]}


def _location(path: str, line: int, graded: Graded, text: str = "") -> Json:
    """A place in a file, relative to the top of the checked out source wherever the path is."""
    artifact = {"uri": uri_of(graded.page.clean(path))}
    if not artifact["uri"].startswith("file:"):
        artifact["uriBaseId"] = "%SRCROOT%"
    place: Json = {
        "physicalLocation": {"artifactLocation": artifact, "region": {"startLine": max(1, line)}},
    }
    if text:
        place["message"] = {"text": text}
    return place


def uri_of(path: str) -> str:
    """A path, of POSIX or of Windows, as a reference that RFC 3986 allows."""
    windows = PureWindowsPath(path)
    if windows.is_absolute():
        text = windows.as_posix()
        drive = "" if text.startswith("//") else f"///{text[:2]}"
        return f"file:{drive}{quote(text.removeprefix(drive[3:]))}"
    if path.startswith("/"):
        return "file://" + quote(path)
    return quote(path.replace("\\", "/"))


def _with_fingerprint(result: Json, *parts: str) -> Json:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return result | {"partialFingerprints": {"concurrencyDojo/v1": digest}}


def _number(results: list[Json]) -> None:
    """Tell findings apart that are alike but for their lines: by which of them comes first."""
    seen: Counter[str] = Counter()
    for each in results:
        prints = each["partialFingerprints"]
        (name,) = prints
        digest = prints[name]
        seen[digest] += 1
        prints[name] = f"{digest}:{seen[digest]}"


def _invocation(graded: Graded) -> Json:
    notes = [note for result in graded.results for note in _notes(result, graded)]
    broken = any(result.state is State.BROKEN for result in graded.results)
    return {
        "executionSuccessful": not broken,
        "exitCode": int(overall(graded.results)),
        "toolExecutionNotifications": notes,
        "properties": {"seed": graded.seed, "budget": graded.budget, "strict": graded.strict},
    }


def _notes(result: KataResult, graded: Graded) -> Iterator[Json]:
    page = graded.page
    if result.state is State.NOT_STARTED:
        yield _note("note", f"{result.kata}: not started yet", result, graded)
    if result.state is not State.BROKEN:
        return
    if result.problem is not None:
        text = page.clean(f"{result.kata}: grader fault: {result.problem.message}")
        yield _note("error", text, result, graded)
    for verdict in result.verdicts:
        if verdict.status is Status.BROKEN:
            text = page.clean(f"{result.kata}: grader fault: {verdict.property}: {verdict.reason}")
            yield _note("error", text, result, graded)


def _note(level: str, text: str, result: KataResult, graded: Graded) -> Json:
    return {"level": level, "message": {"text": text}, "locations": [_location(result.path, 0, graded)]}
