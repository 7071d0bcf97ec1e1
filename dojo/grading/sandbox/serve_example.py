"""The child's side of ``check``: runs the example of a submission once, in the default order."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

from dojo.checking.check import execute
from dojo.checking.explain import describe, place_of_error
from dojo.checking.property import Property
from dojo.checking.sim import Sim
from dojo.grading.cells.ended import Ended
from dojo.grading.sandbox.messages import Send
from dojo.grading.sandbox.printed import Printed
from dojo.simulator.strategies import DEFAULT


def serve_example(machine: Any, send: Send, *, run_it: bool) -> None:
    """Run ``main`` of the module, which has been loaded, and say how that ended.

    Args:
        machine: holds the module.
        send: sends a message to the parent.
        run_it: False if there is no more to say than that the module could be loaded.
    """
    if not run_it:
        send("example", ended=None, elapsed=0)
        return
    sys.stdout = sys.stderr = printed = Printed()
    run = execute(Property("the example runs to its end", "", _main), machine, {}, DEFAULT)
    kind, message = describe(run.outcome)
    if isinstance(run.outcome.exception, AssertionError):
        kind, message = "assertion failed", str(run.outcome.exception) or "an assertion of the code"
    place = place_of_error(run.outcome.exception, machine.program.filename)
    line = place[1] if place else 0
    text = printed.text
    ended = Ended(run.outcome.ok, kind, message, line, text, printed.lost, "", "", "")
    send("example", ended=asdict(ended), elapsed=run.elapsed)


def _main(sim: Sim) -> None:
    main = getattr(sim.kata, "main", None)
    if callable(main):
        main()
