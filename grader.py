"""The command line of the dojo: runs a command of ``dojo/commands`` and turns what goes wrong into one line."""

from __future__ import annotations

import sys

try:
    import click

    from dojo.commands.group import cli
    from dojo.grading.catalogue import ROOT, BadManifest, UnknownKata, load
    from dojo.grading.learner.hints import BadHints
    from dojo.grading.result import ExitCode
    from dojo.grading.targets import BadTarget
except (ImportError, SyntaxError, TypeError) as missing:  # a package that is not there, or an old Python
    if sys.argv[1:2] == ["doctor"]:
        from dojo.grading.checkup.examine import plainly

        sys.exit(plainly(sys.argv[2:]))
    sys.exit(f"grader.py: {missing}; start it with `uv run grader.py`, or ask `python grader.py doctor`")

INTERRUPTED = 130  # what a shell reports for a command that Ctrl-C has ended
FAULT_FILE = ROOT / ".dojo" / "fault.txt"


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
    except (BadManifest, BadHints) as error:
        print(f"grader fault: {error}", file=sys.stderr)
        return ExitCode.BROKEN
    except ModuleNotFoundError as error:
        if (error.name or "dojo").startswith("dojo"):
            return _fault(error, debug="--debug" in arguments)
        print(f"grader.py: {error}; `uv sync` brings it, `grader.py doctor` says more", file=sys.stderr)
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
    import traceback

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
