"""What one check of the set-up has found, as a value; findings as JSON and, where nothing else works, as text.

JSON, schema 1: ``schema``, ``problems`` (how many), ``checks``: a list of objects with ``check`` (what was looked
at), ``state`` ("ok", "note", "PROBLEM"), ``text`` and ``remedy`` ("" where there is nothing to do).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

OK, NOTE, PROBLEM = "ok", "note", "PROBLEM"
SCHEMA = 1
_NAMES = {PROBLEM: "problem", NOTE: "note", OK: "ok"}


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        check: what was looked at.
        state: OK, NOTE (nothing to do, but good to know) or PROBLEM.
        text: what was found.
        remedy: what to do about it, "" if nothing is.
    """

    check: str
    state: str
    text: str
    remedy: str = ""


def summary(findings: Sequence[Finding]) -> str:
    """How many checks and how they ended."""
    counted = [(name, sum(each.state == state for each in findings)) for state, name in _NAMES.items()]
    parts = [f"{number} {name}{'s' if number > 1 else ''}" for name, number in counted[:-1] if number]
    return f"{len(findings)} checks: {', '.join([*parts, f'{counted[-1][1]} ok'])}"


def to_json(findings: Sequence[Finding]) -> str:
    """The document, ending in a line break."""
    document = {
        "schema": SCHEMA,
        "problems": sum(each.state == PROBLEM for each in findings),
        "checks": [asdict(each) for each in findings],
    }
    return json.dumps(document, indent=2) + "\n"


def to_text(findings: Sequence[Finding]) -> str:
    """Findings without help of any package: lines as long as they are, plain ASCII."""
    lines = []
    for each in findings:
        lines.append(f"{each.state:<9}{each.check:<12}{each.text}")
        if each.remedy:
            lines.append(f"{'':<21}remedy: {each.remedy}")
    return "\n".join([*lines, "", summary(findings)]).encode("ascii", "backslashreplace").decode() + "\n"
