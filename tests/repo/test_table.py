"""The table in the README says what is true."""

from __future__ import annotations

import pytest

from dojo.grading.catalogue import Kata, load
from dojo.grading.mutants import load_mutants
from dojo.grading.sandbox.subject import load_properties
from dojo.grading.table import HEADER, README, Row, in_readme, measure, summary, table

KATAS = list(load())


def lines() -> list[str]:
    """The rows of the table as it stands."""
    return in_readme(README.read_text("utf-8")).splitlines()[3:-1]


def test_the_table_lists_every_kata_in_order() -> None:
    """What can be known without exploring: names, groups, difficulty, numbers of properties and mutants."""
    assert "\n".join(in_readme(README.read_text("utf-8")).splitlines()[1:3]) == HEADER
    shown = [[cell.strip() for cell in line.strip("|").split("|")][:5] for line in lines()]
    expected = []
    for kata in KATAS:
        mutants = len(load_mutants(kata.mutants, kata.solution.read_text("utf-8")))
        properties = len(load_properties(kata))
        expected.append(
            [kata.name, kata.group, str(kata.difficulty), str(properties), f"{mutants} of {mutants}"]
        )
    assert shown == expected


@pytest.mark.slow
@pytest.mark.parametrize("kata", KATAS, ids=lambda kata: kata.name)
def test_a_row_is_what_the_command_measures(kata: Kata) -> None:
    """Every figure of the row comes out again."""
    assert str(measure(kata)) == lines()[kata.order - 1]


def test_a_row_does_not_hide_a_survivor_or_an_alarm() -> None:
    """A mutant that survives and a solution that fails show in the figures."""
    row = Row(KATAS[0], 3, 4, (1, 9, 5), (0, 1, 3), 1200, 1, 1)
    cells = "wait_group | concurrency | 1 | 3 | 3 of 4 | 1,200 | 1 in 2 solutions"
    assert str(row) == f"| {cells} |"
    assert table([row]).splitlines()[3] == str(row)
    assert summary([row]) == (
        "3 of 4 mutants killed, after 5 schedules in the median and 9 at worst; "
        "2 counterexamples have at most 2 preemptions"
    )
