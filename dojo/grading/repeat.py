"""``python -m dojo.grading.repeat KATA``: grade one solution, or one mutant of it, again and again; count the results.

A verdict that differs between two gradings is a bug that outranks everything else.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import sys
import tempfile
from pathlib import Path

from dojo.grading.catalogue import load
from dojo.grading.judge import grade
from dojo.grading.mutants import load_mutants


def main(arguments: list[str]) -> int:
    """Print how many gradings came to how many results.

    Returns:
        The exit code: 0 if all results are one.
    """
    parser = argparse.ArgumentParser(prog="python -m dojo.grading.repeat", description=__doc__)
    parser.add_argument("kata")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--mutant", default="", help="by default the solution itself")
    asked = parser.parse_args(arguments)
    kata = load()[asked.kata]
    source = kata.solution.read_text("utf-8")
    if asked.mutant:
        mutants = {each.name: each.source for each in load_mutants(kata.mutants, source)}
        if asked.mutant not in mutants:
            parser.error(f"{kata.name} has no mutant {asked.mutant}: it has {', '.join(mutants)}")
        source = mutants[asked.mutant]
    results: collections.Counter[tuple[str, str]] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{kata.name}.py")
        path.write_text(source, "utf-8")
        for _ in range(asked.times):
            result = grade(kata, path, name=path.name)
            text = json.dumps(result.to_json(), sort_keys=True)
            results[result.state.value, hashlib.sha256(text.encode()).hexdigest()[:16]] += 1
    for (state, digest), count in results.most_common():
        sys.stdout.write(f"{count} x {state}  {digest}\n")
    sys.stdout.write(
        f"{asked.times} gradings of {asked.mutant or kata.name}: {len(results)} distinct results\n"
    )
    return int(len(results) != 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
