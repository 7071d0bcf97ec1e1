"""A child process of the judge: checks properties of one submission and reports over a private pipe.

What it is to do comes on standard input, followed by the submission's text: a submission can read neither.
When a run is played by hand the input stays open, for one request after the other (``serve_play``).

It never decides anything: the parent does, from messages that must arrive complete and in order. Messages
are JSON lines on what was standard output; the submission's own output goes nowhere near it.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from types import CodeType, FunctionType
from typing import IO, Any

from dojo.grading.sandbox.limits import set_limits
from dojo.grading.sandbox.messages import HEARTBEAT, Send, indices
from dojo.grading.sandbox.printed import Printed, say_unraisable


def _take_input() -> IO[bytes]:
    """Take standard input for requests, and point descriptor 0 at nothing."""
    private = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = io.StringIO()
    return os.fdopen(private, "rb")


def _take_output() -> int:
    """Take standard output for messages, and point descriptor 1 at nothing."""
    private = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
    return private


def _signed(descriptor: int, key: str) -> Send:
    """A way to send messages for code that is only run, not judged."""
    stream = os.fdopen(descriptor, "w", encoding="utf-8")

    def send(kind: str, **data: Any) -> None:
        stream.write(json.dumps({"key": key, "kind": kind, **data}) + "\n")
        stream.flush()

    return send


def main() -> None:
    """Serve the one request."""
    try:
        _serve()
    except Exception:
        from dojo.grading.sandbox.seal import look_for_changes

        look_for_changes()  # what they have broken is no fault of ours
        traceback.print_exc(file=sys.__stderr__)
        sys.exit(1)


def _serve() -> None:
    alive = set_limits()
    requests = _take_input()
    # Before the request: a child that was started ahead of time has done the slowest part by then.
    from dojo.grading.catalogue import load
    from dojo.grading.sandbox.isolation import give_up_files, give_up_threads
    from dojo.grading.sandbox.seal import seal
    from dojo.grading.sandbox.subject import build_machine, load_properties
    from dojo.grading.sandbox.tampering import of_what_is_shared, spaces
    from dojo.simulator.reuse import FunctionChanges

    request = json.loads(requests.readline())
    messages = _take_output()
    if "cell" in request:
        _run_cell(request, _signed(messages, request.pop("key")), alive)
        return
    kata = load()[request["kata"]]
    properties = [] if request.get("example") else load_properties(kata)
    # The parent has read and checked the text; reading the file again could find another.
    source = requests.read(request.get("length", -1)).decode("utf-8")
    sys.stdout = sys.stderr = Printed()
    sys.unraisablehook = say_unraisable
    give_up_threads()
    changes = FunctionChanges()
    machine = build_machine(source, request["name"], kata, changes)
    hidden = [sys.modules[prop.body.__module__] for prop in properties[:1]]
    noted = [*of_what_is_shared(), *spaces([*hidden, *machine.world.modules.values()])]
    give_up_files()
    send = seal(messages, request.pop("key"), request["name"], noted, _speakers(), changes)
    of = len(properties)
    if only := request.get("only"):
        found = _find(properties, only, send)
        if found is None:
            send("bye")
            return
        properties = [found]
    if properties:
        send("hello", properties=[prop.slug for prop in properties], of=of)
    alive()
    if _loads(machine, send):
        if request.get("example"):
            from dojo.grading.sandbox.serve_example import serve_example

            serve_example(machine, send, run_it=request["example"] == "run")
        elif request.get("play"):
            from dojo.grading.sandbox.serve_play import serve_play

            serve_play(machine, properties, request, requests, send, alive)
        elif request["token"]:
            _replay(machine, properties, request["token"], send)
        elif request.get("first"):
            _first_run(machine, properties, request["first"], send)
        else:
            _check(machine, properties, request, send, alive)
    send("bye")
    os._exit(0)  # what the submission has left behind gets no turn any more


def _speakers() -> dict[CodeType, dict[str, Any]]:
    """The functions that send messages."""
    from dojo.grading.sandbox.serve_example import serve_example
    from dojo.grading.sandbox.serve_play import serve_play

    found = [*globals().values(), serve_example, serve_play]
    ours = [
        each
        for each in found
        if isinstance(each, FunctionType) and each.__module__.startswith(("dojo.grading", "__main__"))
    ]
    return {each.__code__: each.__globals__ for each in ours}


def _run_cell(request: dict[str, Any], send: Send, alive: Callable[[], None]) -> None:
    """A cell of a notebook is no kata: it is run, not judged."""
    from dojo.grading.cells.cell import Cell
    from dojo.grading.cells.serve_cell import serve_cell

    alive()
    serve_cell(Cell(**request["cell"]), request, send, alive)
    send("bye")


def _loads(machine: Any, send: Send) -> bool:
    """Whether the module can be executed at all; if not, say where it stops."""
    from dojo.checking.explain import describe, place_of_error

    outcome = machine.run(machine.load, allow_leaks=True).outcome
    if outcome.ok:
        return True
    _, message = describe(outcome)
    place = place_of_error(outcome.exception, machine.program.filename)
    send("problem", message=f"the module cannot be loaded: {message}", line=place[1] if place else 0)
    return False


def _check(
    machine: Any, properties: list[Any], request: dict[str, Any], send: Send, alive: Callable[[], None]
) -> None:
    from dojo.checking.check import OutOfMemory, check

    slugs = [prop.slug for prop in properties]
    for index in indices(slugs, request["part"], request["parts"], request.get("ahead", "")):
        prop = properties[index]
        send("progress", index=index, schedules=0)
        runs = 0

        def progress(schedules: int, index: int = index) -> None:
            nonlocal runs
            runs += 1
            alive()
            if runs % HEARTBEAT == 1:
                send("progress", index=index, schedules=schedules)

        try:
            verdict = check(prop, machine, budget=request["budget"], seed=request["seed"], progress=progress)
        except OutOfMemory as error:
            # Every further run would fill the memory again.
            send(
                "problem", message=f"the code used more memory than a kata may: {prop.name}", line=error.line
            )
            return
        send("verdict", index=index, verdict=verdict.to_json())


def _replay(machine: Any, properties: list[Any], text: str, send: Send) -> None:
    from dojo.checking.check import replay_verdict
    from dojo.checking.token import decode

    token = decode(text)
    prop = _find(properties, token.slug, send)
    if prop is not None:
        run, verdict = replay_verdict(prop, machine, token.workload, token.schedule)
        notes = token.mismatches(machine.program.digest.hex()[:8])
        _send_run(machine, prop, run, verdict, token.workload, notes, send)


def _first_run(machine: Any, properties: list[Any], slug: str, send: Send) -> None:
    from dojo.checking.first import first_run

    prop = _find(properties, slug, send)
    if prop is not None:
        run, verdict, workload = first_run(prop, machine)
        _send_run(machine, prop, run, verdict, workload, [], send)


def _find(properties: list[Any], slug: str, send: Send) -> Any:
    """The property of that name; None, and a problem is reported, if there is none."""
    found = next((prop for prop in properties if prop.slug == slug), None)
    if found is None:
        send("problem", message=f"the kata has no property '{slug}' (any more)", line=0)
    return found


def _send_run(
    machine: Any, prop: Any, run: Any, verdict: Any, workload: dict[str, Any], notes: list[str], send: Send
) -> None:
    from dojo.checking.story import steps_of

    files = (machine.program.filename, prop.body.__code__.co_filename)
    send(
        "replay",
        notes=notes,
        reproduced=not run.outcome.ok,
        verdict=verdict.to_json(),
        steps=[asdict(step) for step in steps_of(run, files, machine.program.source)],
        workload={name: repr(value) for name, value in workload.items()},
    )


if __name__ == "__main__":
    main()
