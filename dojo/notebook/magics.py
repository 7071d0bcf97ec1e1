"""The magics: %%kata, %%simulate, %mutant, %solution. They read arguments, call the engine and show what comes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from dojo.grading.catalogue import Kata, UnknownKata, load
from dojo.grading.cells.cell import NAME, cannot_be_kept, read_cell
from dojo.grading.cells.simulate import Simulation, simulate
from dojo.grading.mutants import Mutant, load_mutants
from dojo.grading.result import Problem
from dojo.grading.terms import DEFAULT_BUDGET, Terms
from dojo.notebook.grading import grade_text
from dojo.notebook.kept import Kept
from dojo.notebook.output import PAGE, show_code, show_lines, show_run
from dojo.notebook.reference import NoSuchSection, section
from dojo.reports.grade import report
from dojo.reports.mutant import happening
from dojo.reports.page import DIM
from dojo.reports.simulation import shown_run, simulated

_MAGIC_LINE = "\n"  # stands for the line of the magic: numbers are those of the editor
_MOST_SCHEDULES = 20_000


@magics_class
class DojoMagics(Magics):
    """The magics of one notebook, and what it has kept."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._kept = Kept()

    @magic_arguments("%%kata")
    @argument("kata", help="Which kata the code in the cell is for.")
    @argument("--budget", type=int, default=DEFAULT_BUDGET, help="Schedules for each property.")
    @argument("--seed", type=int, default=0, help="Decides every random choice.")
    @cell_magic
    def kata(self, line: str, cell: str) -> None:
        """Grade the code in this cell as `grader.py grade` grades a file.

        A failure is shown with its smallest interleaving, as a picture and step by step. Nothing of the code
        runs in the notebook's own process.
        """
        args = parse_argstring(self.kata, line)
        kata = _kata(args.kata)
        if args.budget < 1:
            raise UsageError("--budget must be at least 1")
        graded = grade_text(kata, _MAGIC_LINE + cell, NAME, Terms(budget=args.budget, seed=args.seed))
        others = "mend the first and run the cell again to see another in full"
        show_lines(report(graded.result, PAGE, others=others))
        if graded.run is not None and graded.run.problem is None:
            show_run(graded.run, kata.name, NAME)

    @magic_arguments("%%simulate")
    @argument("--schedules", type=int, default=0, metavar="N", help="Explore N interleavings.")
    @argument("--seed", type=int, default=0, help="Decides every random choice of the search.")
    @argument(
        "--into",
        metavar="NAME",
        help="Put the value of the last line, which must be an expression and fit into JSON, into the variable "
        "NAME of the notebook. With --schedules a list: for every way to end a dict with 'ended', 'printed', "
        "'value' and 'schedules'.",
    )
    @argument("--timeline", action="store_true", help="Show who ran when, even if all goes well.")
    @argument(
        "--keep",
        action="store_true",
        help="Put this code before that of later %%%%simulate cells. It may hold imports, functions, classes and "
        "assignments only, and is kept once it has run without a fault. It takes the place of kept code whose "
        "names it binds all anew, so a cell can be mended and run again.",
    )
    @argument("--fresh", action="store_true", help="Forget what earlier cells have kept.")
    @cell_magic
    def simulate(self, line: str, cell: str) -> None:
        """Run the code in this cell in the simulator: threads in virtual time, in a process of its own.

        Without --schedules in the default order: a thread runs until it has to wait. The run has ended when the
        code has; threads that are left then count as leaked. Reference solutions can be imported:
        `from solutions.concurrency.wait_group import WaitGroup`.
        """
        args = parse_argstring(self.simulate, line)
        _check(args)
        if args.fresh:
            self._kept.forget()
        read = read_cell(_MAGIC_LINE + cell)
        problem = read if isinstance(read, Problem) else cannot_be_kept(read) if args.keep else None
        if problem is not None or isinstance(read, Problem):
            show_lines(simulated(Simulation(problem), NAME, PAGE))
            return
        kept = self._kept.before(read) if args.keep else self._kept.text
        found = simulate(read.after(kept), schedules=args.schedules, seed=args.seed, draw=args.timeline)
        if args.into and not args.schedules:  # who puts it into a variable does not want to read it here
            found = replace(found, endings=tuple(replace(each, shown="") for each in found.endings))
        lines = simulated(found, NAME, PAGE)
        if args.keep and found.ok:
            self._kept.keep(read)
            if not args.schedules:
                lines.pop()  # that definitions take no time goes without saying
            lines += PAGE.paragraph(f"kept: {', '.join(read.names)}", 0, style=DIM)
        show_lines(lines)
        run = shown_run(found)
        if args.timeline and run is not None:
            show_run(run, "simulation", NAME)
        if args.into:
            self._put(args.into, found, many=args.schedules > 0)

    def _put(self, name: str, found: Simulation, *, many: bool) -> None:
        """Put the value that a cell ends with into the notebook's namespace."""
        if found.problem is not None or not (many or found.ok):
            return  # the report says why there is none; an earlier value stays
        for each in found.endings:
            if each.trouble:
                raise UsageError(
                    f"--into {name}: the value of the last line does not fit into JSON: {each.trouble}"
                )
        value: Any = [
            {"ended": each.kind, "printed": each.printed, "value": each.value, "schedules": each.schedules}
            for each in found.endings
        ]
        if not many:
            value = found.endings[0].value
            if value is None:
                raise UsageError(f"--into {name}: the last line of the cell is no expression with a value")
        assert self.shell is not None
        self.shell.user_ns[name] = value

    @magic_arguments("%mutant")
    @argument("kata", help="Which kata.")
    @argument("mutant", help="Which of its known bugs.")
    @argument("--timeline", action="store_true", help="Show the run as a picture and step by step, too.")
    @line_magic
    def mutant(self, line: str) -> None:
        """Show a known bug happening: what it changes, and the smallest interleaving in which it bites."""
        args = parse_argstring(self.mutant, line)
        kata = _kata(args.kata)
        solution = kata.solution.read_text("utf-8")
        mutant = _mutant(kata, args.mutant, solution)
        name = f"{kata.name}.py"
        graded = grade_text(kata, mutant.source, name, Terms(only=mutant.property))
        if not graded.result.failed:
            show_lines(report(graded.result, PAGE))
            raise UsageError(f"the property '{mutant.property}' does not notice '{mutant.name}'")
        show_lines(happening(mutant, solution, graded.result, PAGE))
        if args.timeline and graded.run is not None and graded.run.problem is None:
            show_run(graded.run, kata.name, name)

    @magic_arguments("%solution")
    @argument("kata", help="Which kata.")
    @argument(
        "section", nargs="?", default="", help="A function, class or method: WaitGroup.add, or just add."
    )
    @line_magic
    def solution(self, line: str) -> None:
        """Show a piece of the reference solution, or all of it, without the docstrings that the stub has too."""
        args = parse_argstring(self.solution, line)
        try:
            show_code(section(_kata(args.kata), args.section))
        except NoSuchSection as error:
            raise UsageError(str(error)) from error


def _kata(name: str) -> Kata:
    try:
        return load()[name]
    except UnknownKata as error:
        raise UsageError(str(error).replace("run grader.py to see them all", _all_katas())) from error


def _all_katas() -> str:
    return f"there are {', '.join(kata.name for kata in load())}"


def _mutant(kata: Kata, name: str, solution: str) -> Mutant:
    mutants = load_mutants(kata.mutants, solution)
    for each in mutants:
        if each.name == name:
            return each
    raise UsageError(
        f"{kata.name} has no known bug '{name}'; there are {', '.join(each.name for each in mutants)}"
    )


def _check(args: Any) -> None:
    if not 0 <= args.schedules <= _MOST_SCHEDULES:
        raise UsageError(f"--schedules must be between 1 and {_MOST_SCHEDULES}")
    if args.into is not None and not args.into.isidentifier():
        raise UsageError(f"--into: {args.into!r} is not the name of a variable")
