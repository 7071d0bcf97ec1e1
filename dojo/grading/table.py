"""The table of katas in the README, with what stands behind it: ``python -m dojo.grading.table`` makes it anew.

It grades every solution and every alternative, and hunts every mutant with the property that it names.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from dojo.checking.check import check
from dojo.checking.verdict import Status
from dojo.grading.catalogue import ROOT, Kata, load
from dojo.grading.judge import grade
from dojo.grading.mutants import load_mutants
from dojo.grading.result import State
from dojo.grading.sandbox.subject import build_machine, load_properties

README = ROOT / "README.md"
BEGIN, END = "<!-- table of katas: made by python -m dojo.grading.table -->", "<!-- end of table -->"
HEADER = (
    "| kata | group | difficulty | properties | mutants killed | schedules explored | false alarms |\n"
    "|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Row:
    """What is known about one kata.

    Attributes:
        kata: its entry in the manifest.
        properties: hidden properties.
        mutants: planted bugs.
        kills: for each mutant that its property has noticed, the schedules that took.
        preemptions: for each of those, the preemptions of the counterexample.
        schedules: explored on the solution.
        alternatives: other correct solutions.
        alarms: of those and the reference, how many have not passed.
    """

    kata: Kata
    properties: int
    mutants: int
    kills: tuple[int, ...]
    preemptions: tuple[int, ...]
    schedules: int
    alternatives: int
    alarms: int

    def __str__(self) -> str:
        kata = self.kata
        killed = f"{len(self.kills)} of {self.mutants}"
        alarms = f"{self.alarms} in {self.alternatives + 1} solutions"
        cells = (
            kata.name,
            kata.group,
            kata.difficulty,
            self.properties,
            killed,
            f"{self.schedules:,}",
            alarms,
        )
        return "| " + " | ".join(map(str, cells)) + " |"


def measure(kata: Kata) -> Row:
    """Grade a kata's solutions and hunt its mutants."""
    properties = {prop.slug: prop for prop in load_properties(kata)}
    mutants = load_mutants(kata.mutants, kata.solution.read_text("utf-8"))
    kills, preemptions = [], []
    for mutant in mutants:
        machine = build_machine(mutant.source, f"{mutant.name}.py", kata)
        verdict = check(properties[mutant.property], machine)
        if verdict.status is Status.FAIL and verdict.counterexample is not None:
            kills.append(verdict.found_after)
            preemptions.append(verdict.counterexample.preemptions)
    alternatives = [path for path in kata.alternative.parent.glob("*.py") if load().of_file(path) == kata]
    solution = grade(kata, kata.solution)
    others = [grade(kata, path) for path in alternatives]
    alarms = sum(result.state is not State.PASSED for result in [solution, *others])
    return Row(
        kata,
        len(properties),
        len(mutants),
        tuple(kills),
        tuple(preemptions),
        solution.schedules,
        len(alternatives),
        alarms,
    )


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table between its markers."""
    return "\n".join([BEGIN, HEADER, *map(str, rows), END])


def in_readme(text: str) -> str:
    """The table as it stands in the README.

    Raises:
        ValueError: when there is none.
    """
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    return text[begin:end]


def summary(rows: Iterable[Row]) -> str:
    """How fast the mutants die, in a sentence."""
    rows = list(rows)
    kills = [kill for row in rows for kill in row.kills]
    short = sum(count <= 2 for row in rows for count in row.preemptions)
    return (
        f"{len(kills)} of {sum(row.mutants for row in rows)} mutants killed, after {statistics.median(kills):g} "
        f"schedules in the median and {max(kills)} at worst; {short} counterexamples have at most 2 preemptions"
    )


def main() -> None:
    """Measure every kata and put the table into the README."""
    rows = []
    for kata in load():
        rows.append(measure(kata))
        sys.stdout.write(f"{rows[-1]}\n")
        sys.stdout.flush()
    text = README.read_text("utf-8")
    README.write_text(text.replace(in_readme(text), table(rows)), "utf-8")
    sys.stdout.write(f"{summary(rows)}\n")


if __name__ == "__main__":
    main()
