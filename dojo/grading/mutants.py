"""Mutants: known bugs planted into a solution, each with the property that must notice it.

``python -m dojo.grading.mutants [--all] [KATA ...]`` prints for every mutant after how many schedules the
property that it names kills it; with ``--all``, which other properties do.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dojo.grading.catalogue import Kata, load


class BadMutant(ValueError):
    """An entry of a mutants file does not fit its solution."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted bug.

    Attributes:
        name: short and telling.
        story: what the bug is and when it bites.
        shipped: the public issue it is known from, "" if none.
        witness: an interleaving or sequence of calls that shows it.
        property: short name of the property that must kill it.
        source: the solution with the bug in it.
    """

    name: str
    story: str
    shipped: str
    witness: str
    property: str
    source: str


def load_mutants(file: Path, solution: str) -> list[Mutant]:
    """Read a mutants file and apply every entry to the solution.

    Raises:
        BadMutant: when a text to replace does not occur exactly once, or the result is no Python, or the same
            program as the solution, or when the file is not as it should be.
    """
    try:
        entries = tomllib.loads(file.read_text("utf-8")).get("mutant", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadMutant(f"{file.name}: {error}") from error
    if not isinstance(entries, list):
        raise BadMutant(f"{file.name}: 'mutant' must be a list of tables")
    found: list[Mutant] = []
    for number, entry in enumerate(entries, 1):
        name = f"entry {number}"
        try:
            name = entry["name"]
            mutant = _applied(entry, solution)
        except KeyError as error:
            raise BadMutant(f"{file.name}: {name}: there is no {error}") from error
        except (AttributeError, SyntaxError, TypeError, ValueError) as error:
            raise BadMutant(f"{file.name}: {name}: {error}") from error
        if mutant.name in [each.name for each in found]:
            raise BadMutant(f"{file.name}: {name}: there are two of that name")
        found.append(mutant)
    return found


def _applied(entry: dict[str, Any], solution: str) -> Mutant:
    source = solution
    for change in entry["replace"]:
        count = source.count(change["old"])
        if count != 1:
            raise ValueError(f"a text to replace occurs {count} times: {change['old']!r}")
        source = source.replace(change["old"], change["new"])
    compile(source, entry["name"], "exec", dont_inherit=True)
    if ast.dump(ast.parse(source)) == ast.dump(ast.parse(solution)):
        raise ValueError("it changes nothing")
    return Mutant(
        entry["name"], entry["story"], entry["shipped"], entry["witness"], entry["property"], source
    )


def report(kata: Kata, *, every: bool = False) -> Iterator[str]:
    """One line a mutant: who kills it, and after how many schedules.

    Args:
        kata: whose mutants.
        every: try all properties, not only the one that the entry names.
    """
    from dojo.checking.check import check
    from dojo.checking.verdict import Status
    from dojo.grading.sandbox.subject import build_machine, load_properties

    properties = load_properties(kata)
    for mutant in load_mutants(kata.mutants, kata.solution.read_text("utf-8")):
        machine = build_machine(mutant.source, f"{mutant.name}.py", kata)
        killers = []
        for prop in properties:
            if not every and prop.slug != mutant.property:
                continue
            verdict = check(prop, machine)
            if verdict.status is not Status.PASS:
                example = verdict.counterexample
                preemptions = example.preemptions if example is not None else "-"
                mark = "*" if prop.slug == mutant.property else ""
                killers.append(f"{mark}{prop.slug}({verdict.found_after}, {preemptions} pre)")
        yield f"{mutant.name}: {' '.join(killers) or 'SURVIVES'}"


if __name__ == "__main__":
    wanted = [argument for argument in sys.argv[1:] if argument != "--all"]
    for each in load():
        if not wanted or each.name in wanted:
            sys.stdout.write(f"{each.name}\n")
            for line in report(each, every="--all" in sys.argv):
                sys.stdout.write(f"  {line}\n")
                sys.stdout.flush()
