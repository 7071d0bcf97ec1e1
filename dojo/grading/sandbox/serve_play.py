"""The child's side of a run that is played by hand: one request after the other until nobody asks any more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from dojo.checking.check import OutOfMemory
from dojo.checking.game import Game, to_json
from dojo.checking.property import Property
from dojo.checking.token import decode
from dojo.checking.turn import End
from dojo.grading.sandbox.messages import HEARTBEAT
from dojo.simulator.machine import Machine
from dojo.simulator.strategies import Choice


def serve_play(
    machine: Machine,
    properties: list[Property],
    request: dict[str, Any],
    requests: Iterable[bytes],
    send: Callable[..., None],
    alive: Callable[[], None],
) -> None:
    """Set up the game and answer.

    Args:
        machine: holds the submission.
        properties: those of the kata.
        request: names the property (``play``) and the failure on record (``token``, "" for none).
        requests: a JSON line each; ``ask`` is "turn", "blocked" or "finish", ``choices`` a list of pairs.
        send: sends a message to the parent.
        alive: to be called before every run, which must not take long.
    """
    found = [prop for prop in properties if prop.slug == request["play"]]
    if not found:
        send("problem", message=f"the kata has no property '{request['play']}' (any more)", line=0)
        return

    def progress(runs: int) -> None:
        alive()
        if runs % HEARTBEAT == 1:
            send("exploring", schedules=runs)

    token = decode(request["token"]) if request["token"] else None
    try:
        game = Game(found[0], machine, token, progress)
    except OutOfMemory as error:
        send("problem", message="the code used more memory than a kata may", line=error.line)
        return
    send("opening", **to_json(game.opening()))
    for line in requests:
        asked = json.loads(line)
        alive()
        choices = [Choice(*each) for each in asked["choices"]]
        answer = (
            game.finish(choices)
            if asked["ask"] == "finish"
            else game.turn(choices, until_blocked=asked["ask"] == "blocked")
        )
        send("end" if isinstance(answer, End) else "turn", **to_json(answer))
