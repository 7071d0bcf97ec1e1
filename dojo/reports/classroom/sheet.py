"""The marks of a class as CSV: one row for each person and kata, for a spreadsheet or a program.

Columns, always in this order::

    person             as the folder is called
    kata
    state              as in the JSON of ``grade``, or "nothing handed in"
    properties_held    how many hold
    properties         how many the kata has; 0 if none was checked
    first_failed       the first property that does not hold
    bug_classes        how they failed, each once, separated by "; "
    problem            why it could not be graded
    file               what was graded, as seen from the folder of submissions
    note               what is odd about the file

There is no time in it, so equal gradings are equal text.
"""

from __future__ import annotations

import csv
import io

from dojo.grading.classroom.marks import Class, Mark

HEADER = (
    "person",
    "kata",
    "state",
    "properties_held",
    "properties",
    "first_failed",
    "bug_classes",
    "problem",
    "file",
    "note",
)
_FORMULA = ("=", "+", "-", "@", "\t")  # a spreadsheet would execute what begins so


def sheet(found: Class) -> str:
    """The text of the file."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    for mark in found.marks:
        writer.writerow([_safe(each) for each in _row(mark)])
    return stream.getvalue()


def _row(mark: Mark) -> list[str | int]:
    return [
        mark.person,
        mark.kata,
        mark.words,
        mark.held,
        mark.properties,
        mark.failed[0] if mark.failed else "",
        "; ".join(mark.bugs),
        mark.problem,
        mark.file,
        mark.note,
    ]


def _safe(cell: str | int) -> str | int:
    """A cell that is text to every program, and on one line."""
    if isinstance(cell, int):
        return cell
    # Names of files may hold what no file can: half of a surrogate pair.
    flat = " ".join(cell.split()).encode("utf-8", "backslashreplace").decode("utf-8")
    return f"'{flat}" if flat.startswith(_FORMULA) else flat
