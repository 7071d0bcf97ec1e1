"""How long ``watch`` takes from a save to the verdict, through the real program on a pseudo-terminal.

``uv run python -m benchmarks.watch`` saves a file ten times that fails and ten times that passes, each time with
another text, and tells the median time until what failed last is told again, and until the whole verdict. Run it
on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from dojo.grading.catalogue import ROOT, Kata, load
from dojo.grading.mutants import load_mutants
from tests.commands.screen import Screen

_VERDICT = "(graded in"
_NEWS = ("still fails", "what failed holds now", _VERDICT)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table.

    Args:
        arguments: of the command line; ``--help`` lists them.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("katas", nargs="*", default=["wait_group", "channel", "circuit_breaker"])
    parser.add_argument("--saves", type=int, default=10, help="how many of each kind (10)")
    options = parser.parse_args(arguments)
    print(f"{'kata':<18}{'saved text':<12}{'first news':>12}{'verdict':>10}   slowest verdict")
    for name in options.katas:
        for what, news, verdict in measured(load()[name], options.saves):
            told = f"{statistics.median(news):>10.2f} s{statistics.median(verdict):>8.2f} s"
            print(f"{name:<18}{what:<12}{told}   {max(verdict):.2f} s")


def measured(kata: Kata, saves: int) -> list[tuple[str, list[float], list[float]]]:
    """For texts that fail and texts that pass, the seconds to the first news and to the verdict."""
    solution = kata.solution.read_text("utf-8")
    mutant = load_mutants(kata.mutants, solution)[0].source
    found = []
    with tempfile.TemporaryDirectory() as folder:
        start = [sys.executable, "grader.py", "start", folder, kata.name]
        subprocess.run(start, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        file = Path(folder) / kata.group / f"{kata.name}.py"
        file.write_text(mutant, "utf-8")  # so that there is something that failed last
        with Screen(["watch", "--katas", folder, kata.name], ROOT) as screen:
            screen.expect(_VERDICT)
            for what, text in (("fails", mutant), ("passes", solution)):
                news, verdict = [], []
                for number in range(saves):
                    if what == "passes":
                        _save(screen, file, f"{mutant}# before {number}\n")  # what is mended fails before
                    first, last = _save(screen, file, f"{text}# {what} {number}\n")
                    news.append(first)
                    verdict.append(last)
                found.append((what, news, verdict))
    return found


def _save(screen: Screen, file: Path, text: str) -> tuple[float, float]:
    """Save a text; return the seconds until the first news and until the verdict."""
    screen.until(lambda: screen.text.rstrip().endswith("q quit"))
    screen.forget()
    began = time.monotonic()
    file.write_text(text, "utf-8")
    screen.until(lambda: any(each in screen.text for each in _NEWS))
    first = time.monotonic() - began
    screen.expect(_VERDICT)
    return first, time.monotonic() - began


if __name__ == "__main__":
    main()
