"""What the terminal says of a timeline: where it is, and of which properties one could be drawn."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len

from dojo.checking.verdict import Status
from dojo.grading.judge import Replay
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, line

_LABEL = len("timeline  ")


def written(run: Replay, kata: str, file: str, uri: str, page: Page) -> Lines:
    """What was drawn and where it is.

    Args:
        run: what was drawn; it has a verdict.
        kata: its kata.
        file: the path, as shown to the reader.
        uri: the same as an address, which a terminal makes clickable: it is never broken.
        page: where to.
    """
    assert run.verdict is not None
    example = run.verdict.counterexample
    lines = page.paragraph(run.verdict.property, 0, label=f"{kata}   ", style=STRONG)
    for note in run.notes:
        lines += page.paragraph(f"{note}: the run may differ", 0, label="note      ", style=WARN)
    if example is not None:
        text = f"{example.kind}: {example.message}"
        lines += page.paragraph(text, 0, label="FAIL      ", style=BAD, most=4)
    elif run.verdict.status is Status.PASS:
        lines += page.paragraph("in this one run the promise was kept", 0, label="PASS      ", style=GOOD)
    lines += page.paragraph(file, 0, label="timeline  ", style=STRONG)
    return [*lines, line(" " * _LABEL, (uri, f"link {uri}"))]


def choices(kata: str, what: str, properties: Iterable[tuple[str, str]], page: Page) -> Lines:
    """That no failure is on record, and which properties a run can be drawn of.

    Args:
        kata: the kata.
        what: it, or the file, as it was given on the command line.
        properties: short name and promise of each.
        page: where to.
    """
    found = list(properties)
    text = f"No failure of {kata} is on record. A timeline can also show how the code behaves on a property:"
    lines = [*page.paragraph(text, 0), line("")]
    lines += page.paragraph(f"{page.workspace.program} timeline {what} --property SLUG", 2, style=STRONG)
    lines.append(line(""))
    width = max(cell_len(slug) for slug, _ in found)
    for slug, promise in found:
        if width > page.width // 2:
            lines += page.paragraph(slug, 2, style=STRONG) + page.paragraph(promise, 4, style=DIM)
        else:
            lines += page.paragraph(promise, 2, label=f"{slug:<{width}}  ", style=DIM)
    return lines
