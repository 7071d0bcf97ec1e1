"""JUnit XML, as Jenkins, GitLab and the like read it: a ``testsuite`` for each file, a ``testcase`` a property.

What came of a property, and how it is told::

    passed                 nothing
    failed, race warning with --strict
                           <failure> with the story of the smallest failing run
    inconclusive           <error type="inconclusive">: no failure was seen, and not enough for a pass
    grader fault           <error type="grader fault">: it says nothing about the code
    not checked, not started yet
                           <skipped>

A file that could not be graded, or not to the end, has one more case, "the file can be graded", with the error:
a run of nothing but skipped cases would look like success. Every time is 0, so equal gradings are equal text.
Race warnings that are only advice are in ``system-out``.
"""

from __future__ import annotations

import xml.etree.ElementTree as xml
from collections.abc import Iterable

from dojo.grading.result import KataResult, State
from dojo.reports.advice import advice
from dojo.reports.formats.run import Case, Graded, Outcome
from dojo.reports.page import plain

NAME = "concurrency-dojo"
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
OPENING = f'{_HEAD}<testsuites name="{NAME}"'
_TAGS = {
    Outcome.FAILED: "failure",
    Outcome.RACE: "failure",
    Outcome.UNDECIDED: "error",
    Outcome.FAULT: "error",
    Outcome.STOPPED: "skipped",
    Outcome.NOT_STARTED: "skipped",
}


def write(graded: Graded) -> str:
    """The document on a run; ASCII, whatever the learner's text holds."""
    root = xml.Element("testsuites", name=NAME)
    suites = [_suite(result, graded) for result in graded.results]
    _count(root, suites)
    root.extend(suites)
    xml.indent(root)
    # Characters beyond ASCII become references: any stream can take them.
    text: bytes = xml.tostring(root, encoding="us-ascii")
    return f"{_HEAD}{text.decode('ascii')}\n"


def _suite(result: KataResult, graded: Graded) -> xml.Element:
    title = graded.title(result)
    file = graded.page.clean(result.path)
    suite = xml.Element("testsuite", name=title)
    properties = xml.Element("properties")
    facts = {
        "state": result.state.value,
        "schedules": result.schedules,
        "seed": graded.seed,
        "budget": graded.budget,
        "strict": str(graded.strict).lower(),
    }
    for name, value in facts.items():
        xml.SubElement(properties, "property", name=name, value=str(value))
    cases = [_case(case, title, file) for case in graded.cases(result)]
    if result.problem is not None:
        ours = result.state is State.BROKEN
        cases.insert(0, _element("the file can be graded", title, file))
        kind = Outcome.FAULT.value if ours else result.state.value
        message = graded.page.clean(result.problem.message)
        _outcome(cases[0], "error", kind, message, graded.trouble(result))
    _count(suite, cases)
    suite.append(properties)
    suite.extend(cases)
    races = advice(result, graded.page, strict=graded.strict, everything=True)
    if races:
        xml.SubElement(suite, "system-out").text = plain(races)
    return suite


def _case(case: Case, title: str, file: str) -> xml.Element:
    element = _element(case.name, title, file)
    if case.line:
        element.set("line", str(case.line))
    if case.outcome in _TAGS:
        _outcome(element, _TAGS[case.outcome], case.outcome.value, case.message, case.text)
    return element


def _element(name: str, title: str, file: str) -> xml.Element:
    return xml.Element("testcase", {"name": name, "classname": title, "time": "0", "file": file})


def _outcome(case: xml.Element, tag: str, kind: str, message: str, text: str) -> None:
    element = xml.SubElement(case, tag, message=message)
    if tag != "skipped":
        element.set("type", kind)
    if text:
        element.text = "\n" + text


def _count(parent: xml.Element, parts: Iterable[xml.Element]) -> None:
    """Note how many cases there are of each kind, as the sums over what is inside."""
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for part in parts:
        if part.tag == "testsuite":
            for name in counts:
                counts[name] += int(part.get(name, 0))
            continue
        counts["tests"] += 1
        for tag, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            counts[name] += part.find(tag) is not None
    for name, number in counts.items():
        parent.set(name, str(number))
    parent.set("time", "0")
