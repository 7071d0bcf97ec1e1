"""What a program prints is kept line by line and by thread, and changes nothing about the run."""

from __future__ import annotations

import sys

import pytest

from dojo.simulator import output
from dojo.simulator.machine import Machine, compile_program
from dojo.simulator.outcome import Place
from dojo.simulator.output import Transcript
from dojo.simulator.strategies import DEFAULT, Census, Strategy
from tests.simulator.programs import Program, mixed

SILENT = """
    import threading

    class Thing:
        n = 0

    def work(thing):
        thing.n += 1
        pass
        thing.n += 1

    def main():
        thing = Thing()
        threads = [threading.Thread(target=work, args=(thing,), name=f"w{i}") for i in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
"""
LOUD = SILENT.replace("        pass\n", "        print('n is', 7, thing, sep='|')\n")
AT = Place("program.py", 3, "work")


def printed(program: Program, strategy: Strategy = DEFAULT) -> list[tuple[str, int, str]]:
    """Thread, line and text of all that one run printed."""
    run = program.passes(strategy, record=True)
    return [(run.names[each.thread], each.place.line, each.text) for each in run.printed]


def test_lines_of_every_thread(capsys: pytest.CaptureFixture[str]) -> None:
    """Who printed what at which line, without the address in a default repr; and it goes on to the real stream."""
    assert printed(Program(LOUD)) == [(name, 9, "n is|7|<kata.Thing object>") for name in ("w0", "w1")]
    assert capsys.readouterr().out.count("n is|7|<kata.Thing object at 0x") == 2


def test_printing_is_no_preemption_point() -> None:
    """With a print in the middle there are the same steps, the same choices and the same trace."""
    silent, loud = Program(SILENT), Program(LOUD)
    one, other = Census(), Census()
    assert silent.passes(one).steps == loud.passes(other).steps
    assert one.choices == other.choices
    for strategy, same in zip(mixed(10), mixed(10), strict=True):
        assert silent.trace(strategy) == loud.trace(same)


def test_a_trace_does_not_depend_on_what_is_printed() -> None:
    """A print of an address, which differs every time, is no difference between two runs."""
    program = Program("n = []\n\ndef main():\n    n.append([object()])\n    print(hex(len(n)), n)\n")
    assert program.trace() == program.trace()


STREAMS = """
    import sys
    import threading

    def work():
        sys.stdout.write("half of ")
        sys.stderr.writelines(["a line\\n", "and "])
        print("another", file=sys.stderr, end="", flush=True)

    def main():
        print("loaded by", threading.current_thread().name)
        thread = threading.Thread(target=work, name="w")
        thread.start()
        print("main ", end="")
        thread.join()
        print("joins")
        assert not sys.stdout.isatty()
"""


def test_the_streams_of_sys_that_a_kata_gets() -> None:
    """``sys.stdout`` and ``sys.stderr`` are there, and two threads that print in pieces are kept apart."""
    source = "\n".join(each[4:] for each in STREAMS.splitlines())
    machine = Machine(compile_program(source, "program.py"), allowed=["sys", "threading"])
    run = machine.run(lambda: machine.load().main(), record=True)
    assert run.outcome.ok, run.outcome
    assert [(run.names[each.thread], each.text) for each in run.printed] == [
        ("main", "loaded by MainThread"),
        ("main", "main joins"),
        ("w", "half of a line"),
        ("w", "and another"),
    ]


def test_what_is_not_recorded_is_not_kept() -> None:
    """A run that is only judged keeps nothing."""
    run = Program(LOUD).passes()
    assert run.printed == () and run.lost == 0


def test_the_real_module_stays_as_it_is() -> None:
    """A program's streams are its own: ``sys`` and ``print`` of the process are not touched."""
    before = (sys.stdout, sys.stderr, print)
    Program(LOUD).passes(record=True)
    assert (sys.stdout, sys.stderr, print) == before


def test_a_module_that_keeps_print_is_still_reused() -> None:
    """``log = print`` at the top of a file does not make every run load it anew."""
    program = Program("log = print\n\ndef main():\n    log('x')\n")
    modules = {id(program.machine.load()) for _ in range(3) if program.passes()}
    assert len(modules) == 1


def test_no_more_is_kept_than_anybody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines beyond the limit are counted, and a long one is cut, however it is written."""
    monkeypatch.setattr(output, "MOST_LINES", 3)
    monkeypatch.setattr(output, "MOST_COLUMNS", 10)
    transcript = Transcript()
    for _ in range(100):
        transcript.add(1, "x", 0, AT, 0)
    transcript.add(1, "\na\nb\nc\nd", 0, AT, 0)
    assert [each.text for each in transcript.lines()] == ["x" * 10 + "...", "a", "b"]
    assert transcript.lost == 2


def test_halves_of_characters_can_be_kept() -> None:
    """A lone surrogate, which no encoding can write, is shown as an escape."""
    transcript = Transcript()
    transcript.add(1, "a\ud800\n", 0, AT, 0)
    assert transcript.lines()[0].text == "a\\ud800"
