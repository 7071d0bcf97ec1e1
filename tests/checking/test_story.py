"""The story of a failing run: rows that a reader can follow, in the learner's own lines and names."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from dojo.checking.check import check, replay_verdict
from dojo.checking.story import rows_of, shorten, steps_of
from dojo.checking.token import decode
from dojo.checking.verdict import PRINT, Counterexample, Row
from dojo.simulator import output
from dojo.simulator.machine import Machine, compile_program
from tests.checking.classics import zoo
from tests.checking.classics.zoo import CLASSICS, FOUND_BY_CHECK, LEASE, Subject

BY_NAME = {subject.name: subject for subject in FOUND_BY_CHECK}


def example_of(subject: Subject) -> Counterexample:
    example = check(subject.prop, subject.machine()).counterexample
    assert example is not None
    return example


def told(example: Counterexample) -> list[tuple[str, str, str]]:
    """The rows of the learner's file."""
    return [(row.thread, row.text, row.mark) for row in example.rows if row.file.startswith("buggy/")]


def test_a_lost_update_is_told_in_three_lines() -> None:
    """One reads and is preempted, the other does all of its turn, the first writes what it had read."""
    rows = told(example_of(BY_NAME["lost_update"]))
    assert [row for row in rows if "value +=" in row[1]] == [
        ("work-1", "self.value += 1", "preempted"),
        ("work-2", "self.value += 1", ""),
        ("work-1", "self.value += 1", ""),
    ]


def test_rows_quote_the_source() -> None:
    """Every row of the learner's file is the text of its line, and names a thread of the run."""
    for subject in (*CLASSICS, LEASE):
        lines = subject.program.source.splitlines()
        example = example_of(subject)
        own = [row for row in example.rows if row.file == subject.program.filename]
        assert own, subject.name
        for row in own:
            assert row.text == lines[row.line - 1].strip()
            assert row.thread in example.threads


def test_every_preemption_is_marked() -> None:
    """As many rows are marked preempted or stalled as the counterexample has preemptions."""
    for subject in (*CLASSICS, LEASE):
        example = example_of(subject)
        marks = [row.mark for row in example.rows]
        assert marks.count("preempted") + marks.count("stalled") == example.preemptions, subject.name


def test_the_clock_is_told() -> None:
    """A jump of the clock is a row of its own, with the seconds since the run began."""
    example = example_of(LEASE)
    clock = [row.text for row in example.rows if row.mark == "clock"]
    assert "1 s" in clock
    assert any(row.mark == "stalled" for row in example.rows)


def test_a_deadlock_names_who_waits_for_what_and_whom() -> None:
    """Both threads of a cycle are listed with what they wait for, who holds it, and where they stand."""
    example = example_of(BY_NAME["lock_order"])
    stuck = {each.thread: each for each in example.stuck}
    assert stuck["transfer-1"].held_by == "transfer-2"
    assert stuck["transfer-2"].held_by == "transfer-1"
    for name in ("transfer-1", "transfer-2"):
        assert stuck[name].file == "buggy/lock_order.py"
        line = BY_NAME["lock_order"].program.source.splitlines()[stuck[name].line - 1]
        assert line.strip() == "with target.lock:"
        assert "lock" in stuck[name].waits_for.lower()


def test_an_exception_has_its_place() -> None:
    """The line of the learner's file that raised is given, in whatever thread it was."""
    for name, text in (("if_for_while", "popleft()"), ("thread_exception", "line.strip()")):
        subject = BY_NAME[name]
        place = example_of(subject).place
        assert place is not None and place[0] == subject.program.filename
        assert text in subject.program.source.splitlines()[place[1] - 1]
    assert example_of(BY_NAME["lost_update"]).place is None


def test_steps_tell_every_event() -> None:
    """A replay step by step has every event, numbered, with the time running forwards."""
    subject = LEASE
    token = decode(example_of(subject).token)
    run, _ = replay_verdict(subject.prop, subject.machine(), token.workload, token.schedule)
    files = (subject.program.filename, zoo.__file__)
    steps = steps_of(run, files, subject.program.source)
    assert [step.number for step in steps] == list(range(1, len(run.events) + 1))
    assert all(one.now <= other.now for one, other in zip(steps, steps[1:], strict=False))
    assert {step.file for step in steps} <= {*files, ""}
    assert any(step.kind == "stall" for step in steps)
    assert len(rows_of(run, files, subject.program.source)) < len(steps)


marked_rows = st.builds(
    Row,
    thread=st.sampled_from(["main", "worker"]),
    text=st.just("x"),
    file=st.just("f.py"),
    line=st.integers(1, 9),
    mark=st.sampled_from(["", "", "", "", "", "", "", "", "blocked", "preempted", "stalled"]),
)


@given(st.lists(marked_rows, max_size=200), st.integers(4, 40))
def test_a_long_story_keeps_what_matters(rows: list[Row], keep: int) -> None:
    """Preemptions and the end stay; every row is shown or counted in a gap; a short story is left alone."""
    rows = [Row(row.thread, str(index), row.file, row.line, row.mark) for index, row in enumerate(rows)]
    shown = shorten(rows, keep)
    if len(rows) <= keep:
        assert shown == rows
        return
    kept = [row for row in shown if row.mark != "gap"]
    assert kept == [row for row in rows if row in kept]
    assert kept[-(keep // 2) :] == rows[len(rows) - keep // 2 :]
    assert all(row in kept for row in rows if row.mark in ("preempted", "stalled"))
    left_out = sum(int(row.text.split()[1]) for row in shown if row.mark == "gap")
    assert len(kept) + left_out == len(rows)


def test_prints_are_steps() -> None:
    """What was printed stands between the steps where it was, in one numbering; on request it is left out."""
    source = SOURCE_THAT_PRINTS
    program = compile_program(source, "kata.py")
    machine = Machine(program)
    run = machine.run(lambda: machine.load().main(), record=True)
    steps = steps_of(run, ("kata.py",), source)
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    told = [(step.kind, step.line, step.value) for step in steps if step.kind in (PRINT, "store")]
    assert told == [("store", 5, "1"), (PRINT, 6, "n = 1"), ("store", 7, ""), (PRINT, 8, "bye")]
    assert [step for step in steps if step.kind == PRINT][0].text == 'print("n =", box.n)'
    without = steps_of(run, ("kata.py",), source, prints=False)
    assert len(without) == len(steps) - 2 and not any(step.kind == PRINT for step in without)


SOURCE_THAT_PRINTS = """\
class Box: pass

def main():
    box = Box()
    box.n = 1
    print("n =", box.n)
    box.n = 2
    print("bye")
"""


def test_prints_that_are_lost_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit one step says how many lines there were."""
    monkeypatch.setattr(output, "MOST_LINES", 2)
    source = "def main():\n    for n in range(5):\n        print(n)\n"
    machine = Machine(compile_program(source, "kata.py"))
    run = machine.run(lambda: machine.load().main(), record=True)
    texts = [step.value for step in steps_of(run, ("kata.py",), source) if step.kind == PRINT]
    assert texts == ["0", "1", "... and 3 more lines, which are not kept"]
