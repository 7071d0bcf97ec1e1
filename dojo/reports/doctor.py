"""What the doctor has found, a line for each check and the remedy below it."""

from __future__ import annotations

from collections.abc import Sequence

from dojo.grading.checkup.finding import NOTE, OK, PROBLEM, Finding, summary
from dojo.reports.page import BAD, GOOD, STRONG, WARN, Lines, Page, line

_STYLES = {OK: GOOD, NOTE: WARN, PROBLEM: BAD}
_STATE, _CHECK = 9, 12  # columns
_REMEDY = "remedy: "


def found(finding: Finding, page: Page) -> Lines:
    """One finding.

    Args:
        finding: what was found.
        page: where to.
    """
    start = f"{finding.state:<{_STATE}}{finding.check:<{_CHECK}}"
    lines = page.paragraph(finding.text, 0, label=start)
    lines[0].stylize(_STYLES[finding.state], 0, len(finding.state))
    if finding.remedy:
        lines += page.paragraph(finding.remedy, _STATE, label=_REMEDY, style=STRONG)
    return lines


def concluded(findings: Sequence[Finding]) -> Lines:
    """The last line: how many there are of each."""
    return [line(""), line((summary(findings), STRONG))]
