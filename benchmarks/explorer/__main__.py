"""``python -m benchmarks.explorer [COMMAND] [OPTIONS]``: the explorer's benchmarks; ``all`` runs every one.

Without a command it compares the explorer with ``interleave-test`` and ``frontrun`` on the classics.
"""

from __future__ import annotations

import importlib
import sys

COMMANDS = ("comparison", "shared", "mutants", "cost", "memory", "equivalent", "calls")


def main(arguments: list[str]) -> None:
    name, *options = arguments or [COMMANDS[0]]
    if name.startswith("-") and name not in ("-h", "--help"):
        name, options = COMMANDS[0], arguments
    if name == "all":
        if options:
            sys.exit(f"all takes no options; run the commands one by one: {', '.join(COMMANDS)}")
        for each in COMMANDS:
            run(each, [])
    elif name in COMMANDS:
        run(name, options)
    else:
        print(__doc__)
        print(f"Commands: {', '.join(COMMANDS)}, all; COMMAND --help tells its options.")
        sys.exit(0 if name in ("-h", "--help") else 2)


def run(name: str, options: list[str]) -> None:
    print(f"--- {name}", file=sys.stderr)
    importlib.import_module(f"benchmarks.explorer.{name}").main(options)


if __name__ == "__main__":
    main(sys.argv[1:])
