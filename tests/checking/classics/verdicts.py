"""Prints what ``check`` says of every subject and what its token replays to: run in a process of its own."""

from __future__ import annotations

import json
import sys
from typing import Any

from dojo.checking.check import check, replay_verdict, trace_digest
from dojo.checking.token import decode
from tests.checking.classics.zoo import FOUND_BY_CHECK


def verdicts() -> dict[str, Any]:
    """For every subject the verdict as plain data and the fingerprint of its replay in a fresh machine."""
    found: dict[str, Any] = {}
    for subject in FOUND_BY_CHECK:
        verdict = check(subject.prop, subject.machine())
        assert verdict.counterexample is not None, subject.name
        token = decode(verdict.counterexample.token)
        run, _ = replay_verdict(subject.prop, subject.machine(), token.workload, token.schedule)
        found[subject.name] = {"verdict": verdict.to_json(), "replayed": trace_digest(run)}
    return found


if __name__ == "__main__":
    json.dump(verdicts(), sys.stdout, sort_keys=True)
