"""The command line of the dojo: shows the board, grades files, replays failures."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

try:
    import click

    from dojo.grading.catalogue import ROOT, BadManifest, UnknownKata, load
    from dojo.grading.result import ExitCode, KataResult, State, overall
    from dojo.grading.targets import BadTarget, Target, edited_since, needs_grading, targets
except ModuleNotFoundError as missing:
    sys.exit(f"grader.py: {missing}; start it with `uv run grader.py`, which brings Python and the packages")

if TYPE_CHECKING:
    from dojo.reports.terminal import Terminal

VERSION = "0.1.0"
INTERRUPTED = 130  # what a shell reports for a command that Ctrl-C has ended
GUIDE = "see CONTRIBUTING.md"
FAULT_FILE = ROOT / ".dojo" / "fault.txt"

EXIT_CODES = """\b
Exit codes:
  0    every property of every kata graded holds
  1    some property fails, or a kata is not started or cannot be graded
  2    wrong usage
  3    inconclusive: nothing failed, but something could not be decided
  4    a fault of the grader, not of the code it graded
  130  stopped by Ctrl-C"""

EXAMPLES = """\b
Examples:
  grader.py                            grade what is new; the board
  grader.py grade                      grade all that is in katas/
  grader.py grade semaphore            grade one kata
  grader.py grade ~/semaphore_v2.py    any file; its name says for which kata
  grader.py grade --as semaphore x.py  ... or you do
  grader.py grade --solutions          grade the reference solutions
  grader.py replay semaphore           the last failure, step by step"""

Command = Callable[..., Any]


def _debug(command: Command) -> Command:
    """Add --debug, which ``main`` looks at."""
    text = "Show the traceback of a fault of the grader."
    return click.option("--debug", is_flag=True, expose_value=False, help=text)(command)


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"{EXAMPLES}\n\n{EXIT_CODES}",
)
@click.version_option(VERSION, prog_name="concurrency-dojo", message="%(prog)s %(version)s")
@_debug
@click.pass_context
def cli(context: click.Context) -> None:
    """Katas for correct concurrent Python.

    Without a command: grade what has been edited since it was last graded, and show the board.
    """
    if context.invoked_subcommand is None:
        _board()


def _board() -> None:
    from dojo.grading.judge import DEFAULT_BUDGET
    from dojo.grading.progress import History
    from dojo.reports.board import board
    from dojo.reports.terminal import Terminal

    terminal = Terminal()
    history = History.load()
    catalogue = load()
    for kata in catalogue:
        if needs_grading(kata, history.last(kata.name)):
            target = Target(kata, kata.stub)
            history.record(_grade(target, terminal, budget=DEFAULT_BUDGET, seed=0, strict=False))
    _warn(terminal, history.warning)
    terminal.show(
        board(
            catalogue,
            lambda kata: history.last(kata.name),
            lambda kata: edited_since(kata, history.last(kata.name)),
            terminal.page,
        )
    )


@cli.command(epilog=EXIT_CODES)
@click.argument("what", nargs=-1, metavar="[KATA|FILE]...")
@click.option("--solutions", is_flag=True, help="Grade the reference solutions instead of your files.")
@click.option("--as", "kata", metavar="KATA", help="The kata that FILE is for, if its name does not tell.")
@click.option("--strict", is_flag=True, help="Race warnings count as failures.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Explore other schedules.")
@click.option("--budget", type=click.IntRange(min=1), metavar="N", help="Schedules for each property.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (documented in dojo/reports/as_json.py).")
@click.option("--all", "everything", is_flag=True, help="Show every failure in full, and every pass.")
@_debug
def grade(
    what: tuple[str, ...],
    solutions: bool,
    kata: str | None,
    strict: bool,
    seed: int,
    budget: int | None,
    as_json: bool,
    everything: bool,
) -> int:
    """Grade katas or files; without arguments all katas."""
    from dojo.grading.judge import DEFAULT_BUDGET
    from dojo.grading.progress import History
    from dojo.reports import as_json as document
    from dojo.reports.grade import report, totals
    from dojo.reports.page import line
    from dojo.reports.terminal import Terminal

    wanted = targets(what, load(), solutions=solutions, kata=kata)
    budget = budget or DEFAULT_BUDGET
    terminal = Terminal()
    history = History.load()
    results: list[KataResult] = []
    for target in wanted:
        result = _grade(target, terminal, budget=budget, seed=seed, strict=strict)
        if target.is_own_work:
            history.record(result)
        if not as_json:
            between = [line("")] if results else []
            terminal.show(between + report(result, terminal.page, strict=strict, everything=everything))
        results.append(result)
    _warn(terminal, history.warning)
    if as_json:
        click.echo(document.to_json(results, seed=seed, budget=budget, strict=strict), nl=False)
    elif len(results) > 1:
        terminal.show([line(""), *totals(results, terminal.page)])
    return overall(results)


def _grade(target: Target, terminal: Terminal, *, budget: int, seed: int, strict: bool) -> KataResult:
    from dojo.grading import judge
    from dojo.reports.progress import Bar

    with Bar(terminal.errors, target.kata.name) as bar:
        return judge.grade(target.kata, target.path, budget=budget, seed=seed, strict=strict, on_progress=bar)


# A token may begin with a dash, or a piece of it may: what is no option here is part of the token.
@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("what", metavar="KATA|FILE")
@click.argument("token", nargs=-1)
@click.option("--as", "kata", metavar="KATA", help="The kata that FILE is for, if its name does not tell.")
@_debug
def replay(what: str, token: tuple[str, ...], kata: str | None) -> int:
    """Repeat a failing run and show every step of it; without TOKEN the last failure of KATA.

    A token is printed with each failure. It may come in several pieces.
    """
    from dojo.checking.token import BadToken
    from dojo.grading import judge
    from dojo.grading.paths import display_name
    from dojo.reports.replay import replayed
    from dojo.reports.terminal import Terminal

    (target,) = targets([what], load(), kata=kata)
    terminal = Terminal()
    text = "".join(token) or _last_token(target, terminal)
    try:
        run = judge.replay(target.kata, target.path, text)
    except BadToken as error:
        raise click.UsageError(str(error)) from error
    terminal.show(replayed(run, target.kata.name, display_name(target.path), terminal.page))
    return ExitCode.FAILED if run.reproduced or run.problem is not None else ExitCode.PASSED


@cli.command("new-kata")
@click.argument("name")
@click.option("--group", default="concurrency", show_default=True, help="The folder it belongs to.")
@_debug
def new_kata(name: str, group: str) -> int:
    """Lay the skeleton of a new kata, for authors; CONTRIBUTING.md tells what to do with it.

    NAME is like the name of a module: read_write_lock.
    """
    from dojo.grading.new_kata import CannotCreate, create
    from dojo.grading.paths import display_name

    try:
        files = create(name, group)
    except CannotCreate as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"A small kata that works stands in these files; rewrite them in this order ({GUIDE}):")
    for file in files:
        click.echo(f"  {display_name(file)}")
    return ExitCode.PASSED


def _last_token(target: Target, terminal: Terminal) -> str:
    from dojo.grading.progress import History

    history = History.load()
    _warn(terminal, history.warning)
    last = history.last(target.kata.name) if target.is_own_work else None
    if last is not None and last.token:
        return last.token
    if last is not None and last.state is State.PASSED:
        raise click.UsageError(f"{target.kata.name} passed the last time: there is no failure to replay")
    raise click.UsageError("no failure of this file is on record: grade it, or give the TOKEN from a report")


def _warn(terminal: Terminal, warning: str) -> None:
    if warning:
        terminal.complain(f"note: {warning}")


def main(arguments: list[str]) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: without the program's name.
    """
    try:
        code = cli.main(arguments, prog_name="grader.py", standalone_mode=False)
        return int(code or ExitCode.PASSED)
    except click.ClickException as error:
        return _usage(error.format_message(), arguments)
    except (UnknownKata, BadTarget) as error:
        return _usage(str(error), arguments)
    except (KeyboardInterrupt, click.Abort):
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BadManifest as error:
        print(f"grader fault: {error}", file=sys.stderr)
        return ExitCode.BROKEN
    except Exception as error:
        return _fault(error, debug="--debug" in arguments)


def _usage(message: str, arguments: list[str]) -> int:
    hint = "see --help"
    names = [argument for argument in arguments if not argument.startswith("-")]
    if message.startswith("No such command") and names and any(kata.name == names[0] for kata in load()):
        hint = f"did you mean `grader.py grade {names[0]}`?"
    text = " ".join(message.split()).rstrip(".")
    print(f"grader.py: {text}" + ("" if "did you mean" in text else f" ({hint})"), file=sys.stderr)
    return ExitCode.USAGE


def _fault(error: Exception, *, debug: bool) -> int:
    """Tell of a mistake of ours: one line; the traceback is for whoever mends it."""
    text = "".join(traceback.format_exception(error))
    where = "run it again with --debug for the traceback"
    if debug:
        print(text, file=sys.stderr, end="")
        where = "the traceback is above"
    else:
        try:
            FAULT_FILE.parent.mkdir(exist_ok=True)
            FAULT_FILE.write_text(text, "utf-8")
            where = f"the traceback is in {FAULT_FILE}"
        except OSError:
            pass  # a read-only place: --debug is the other way to it
    what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    print(f"grader fault, not a fault of your code: {what}; please report it, {where}", file=sys.stderr)
    return ExitCode.BROKEN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
