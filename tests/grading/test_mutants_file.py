"""A mutants file that does not fit its solution is refused with the mutant's name."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dojo.grading.mutants import BadMutant, Mutant, load_mutants

SOLUTION = "import time\n\n\ndef wait(x):\n    while not x:\n        time.sleep(1)\n    return x\n"
ENTRY = {"story": "s", "shipped": "https://x", "witness": "w", "property": "p"}


def write(tmp_path: Path, *entries: dict[str, object]) -> Path:
    """A mutants file; each entry has "replace" as a list of pairs."""
    file = tmp_path / "wait.toml"
    lines: list[str] = []
    for entry in entries:
        lines.append("[[mutant]]")
        for key, value in entry.items():
            if key == "replace" and isinstance(value, list):
                pairs = [f"{{ old = {json.dumps(old)}, new = {json.dumps(new)} }}" for old, new in value]
                lines.append(f"replace = [{', '.join(pairs)}]")
            else:
                lines.append(f"{key} = {json.dumps(value)}")
    file.write_text("\n".join(lines), "utf-8")
    return file


def test_each_entry_is_applied_to_the_solution(tmp_path: Path) -> None:
    """Several changes make one mutant, the second may build on the first, and mutants do not add up."""
    changes = [("while not", "if not"), ("if not x", "if x")]
    first = ENTRY | {"name": "if-for-while", "replace": changes}
    second = ENTRY | {"name": "longer", "replace": [("sleep(1)", "sleep(2)")]}
    assert load_mutants(write(tmp_path, first, second), SOLUTION) == [
        Mutant("if-for-while", "s", "https://x", "w", "p", SOLUTION.replace("while not", "if")),
        Mutant("longer", "s", "https://x", "w", "p", SOLUTION.replace("1", "2")),
    ]


def test_a_file_may_be_empty(tmp_path: Path) -> None:
    """Without an entry there is no mutant."""
    assert load_mutants(write(tmp_path), SOLUTION) == []


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="no such annotation is allowed any more")
def test_a_mutant_is_compiled_as_it_stands(tmp_path: Path) -> None:
    """The ``from __future__`` imports of this package are not forced upon it."""
    file = write(tmp_path, ENTRY | {"name": "m", "replace": [("wait(x)", "wait(x: (y := 1))")]})
    assert load_mutants(file, SOLUTION)


BAD = {
    "twice": ([("x", "y")], "m: a text to replace occurs 3 times: 'x'"),
    "not at all": ([("until", "while")], "m: a text to replace occurs 0 times: 'until'"),
    "empty": ([("", "#")], "m: a text to replace occurs"),
    "the second not at all": (
        [("while not", "if"), ("while", "if")],
        "m: a text to replace occurs 0 times: 'while'",
    ),
    "twice only after the first": (
        [("wait", "sleep"), ("sleep(", "s(")],
        "m: a text to replace occurs 2 times",
    ),
    "syntax": ([("while not x:", "while not x")], "m: expected ':' (m, line 5)"),
    "indentation": ([("    return x", "  return x")], "m: unindent does not match"),
    "seen by the compiler only": ([("return x", "break")], "m: 'break' outside loop (m, line 7)"),
    "NUL": ([("return x", "return '\0'")], "m: "),
    "the same": ([("return x", "return x")], "m: it changes nothing"),
    "the same but for layout": ([("return x", "return (x)  # bug")], "m: it changes nothing"),
    "no change": ([], "m: it changes nothing"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_change_that_does_not_fit_is_refused(case: str, tmp_path: Path) -> None:
    """A text that is there twice or not at all, or a result that is no other program, is told by name."""
    replace, message = BAD[case]
    good = ENTRY | {"name": "good", "replace": [("sleep(1)", "sleep(2)")]}
    file = write(tmp_path, good, ENTRY | {"name": "m", "replace": replace})
    with pytest.raises(BadMutant) as caught:
        load_mutants(file, SOLUTION)
    assert str(caught.value).startswith(f"wait.toml: {message}")


GOOD = ENTRY | {"name": "m", "replace": [("sleep(1)", "sleep(2)")]}
BAD_ENTRIES = {
    "twice the name": ([GOOD, GOOD], "m: there are two of that name"),
    "replace is a text": ([GOOD | {"replace": "sleep"}], "m: "),
    "replace is a number": ([GOOD | {"replace": 3}], "m: "),
} | {
    f"no {key}": (
        [{inner: value for inner, value in GOOD.items() if inner != key}],
        f"entry 1: there is no '{key}'" if key == "name" else f"m: there is no '{key}'",
    )
    for key in GOOD
}


@pytest.mark.parametrize("case", BAD_ENTRIES)
def test_a_bad_entry_is_refused(case: str, tmp_path: Path) -> None:
    """An entry that is not complete is told by its name, or by its number if that is missing."""
    entries, message = BAD_ENTRIES[case]
    with pytest.raises(BadMutant) as caught:
        load_mutants(write(tmp_path, *entries), SOLUTION)
    assert str(caught.value).startswith(f"wait.toml: {message}")


@pytest.mark.parametrize("data", [None, b"[[mutant", b"\xff", b"mutant = ['x']", b"mutant = 3"])
def test_a_bad_file_is_refused(data: bytes | None, tmp_path: Path) -> None:
    """A file that is missing or no mutants file is told by its name."""
    file = tmp_path / "wait.toml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(BadMutant, match=r"wait\.toml: "):
        load_mutants(file, SOLUTION)
