"""The formats by name, and how a file of each begins: only such a file is written over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dojo.reports.formats import as_json, github, gradescope, junit, sarif
from dojo.reports.formats.run import Graded


@dataclass(frozen=True, slots=True)
class Format:
    """One of them.

    Attributes:
        write: makes the text.
        opening: what every text begins with; "" for one that is added at the end of a file.
        all_properties: whether it names also the properties that were not decided.
    """

    write: Callable[[Graded], str]
    opening: str
    all_properties: bool


FORMATS = {
    "json": Format(as_json.write, as_json.OPENING, False),
    "junit": Format(junit.write, junit.OPENING, True),
    "gradescope": Format(gradescope.write, gradescope.OPENING, True),
    "github": Format(github.write, "", True),
    "sarif": Format(sarif.write, sarif.OPENING, False),
}
