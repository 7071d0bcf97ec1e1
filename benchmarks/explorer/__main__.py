"""Compares the explorer with ``interleave-test`` and ``frontrun``: ``python -m benchmarks.explorer``.

Prints a Markdown table and writes it to ``results.md``. Each measurement has a process of its own, one at a
time; of the modes of a tool the faster one counts, in each column.
"""

from __future__ import annotations

import json
import math
import platform
import shutil
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.explorer.subjects import SUBJECTS
from benchmarks.explorer.tools import MODES
from benchmarks.machine import machine

ROOT = Path(__file__).parents[2]
SEEDS = 5
SECONDS = 1.0  # for each rate
PATIENCE = 40  # seconds before a process is given up


def run(tool: str, mode: str, subject: str) -> dict[str, Any]:
    """Measure in a child; what it printed before it hung or died counts."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.explorer.measure",
        tool,
        mode,
        subject,
        str(SEEDS),
        str(SECONDS),
    ]
    if tool == "frontrun":
        command = [shutil.which("frontrun", path=str(Path(sys.executable).parent)) or "frontrun", *command]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        text, _ = child.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        text, _ = child.communicate()
    found: dict[str, Any] = {}
    for line in text.splitlines():
        if line.startswith("{"):
            found.update(json.loads(line))
    return found


def best(tool: str, subject: str) -> dict[str, Any]:
    """The best that any mode of a tool does: most schedules a second, shortest median time to a failure."""
    answers = {mode: run(tool, mode, subject) for mode in MODES[tool]}
    result: dict[str, Any] = {"reason": next((a["reason"] for a in answers.values() if "reason" in a), "")}
    rates = [
        (a["rate"]["schedules"] / a["rate"]["seconds"], mode) for mode, a in answers.items() if "rate" in a
    ]
    cpu = [a["rate"]["schedules"] / a["rate"]["cpu"] for a in answers.values() if "rate" in a]
    if rates:
        result["rate"], result["rate_mode"] = max(rates)
        result["cpu_rate"] = max(cpu)
        result["alarms"] = sum(a["rate"]["alarms"] for a in answers.values() if "rate" in a)
    firsts = []
    for mode, answer in answers.items():
        found = answer.get("first", {"found": [], "missed": 0})
        if len(found["found"]) > found["missed"]:
            seconds = statistics.median(each[0] for each in found["found"])
            schedules = statistics.median(each[1] for each in found["found"])
            firsts.append((seconds, schedules, mode))
    if firsts:
        result["first"] = min(firsts)
    return result


def rate_cell(answer: dict[str, Any], ours: dict[str, Any] | None = None) -> str:
    if "rate" not in answer:
        return "n/a"
    text = f"{answer['rate']:,.0f}"
    if ours is not None:
        text += f" ({ours['rate'] / answer['rate']:.1f}x)"
    return text


def first_cell(answer: dict[str, Any]) -> str:
    if "first" not in answer:
        return "n/a" if answer["reason"] else "not found"
    seconds, schedules, mode = answer["first"]
    return f"{1_000 * seconds:.0f} ms / {schedules:g}" + ("" if mode == "mixed" else f" {mode}")


def geometric(values: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values)))


def report() -> str:
    """Measure everything and put it into Markdown."""
    about = machine()
    answers: dict[str, dict[str, dict[str, Any]]] = {}
    for subject in SUBJECTS:
        answers[subject.name] = {tool: best(tool, subject.name) for tool in MODES}
        print(subject.name, answers[subject.name], file=sys.stderr)
    lines = [
        "# The explorer against other tools",
        "",
        f"- command: `python -m benchmarks.explorer`; {about}",
        f"- CPython {platform.python_version()}; "
        + ", ".join(f"{name} {version(name)}" for name in ("greenlet", "interleave-test", "frontrun")),
        "- ours: `dojo.checking.explore`; interleave-test: `random` or `pct`, opcode granularity, the subject's file "
        "alone traced; frontrun: `dpor` or `random` under its CLI, virtual clock. Of a tool's modes the better one "
        "counts, in each column.",
        "- Schedules per second of wall time: on the corrected program, for a second; in brackets how many times "
        "faster ours is.",
        f"- First failure: median over {SEEDS} seeds of time and schedules until the buggy program fails, compiling "
        "included, shrinking and reproducing left out; at most 2,000 schedules a seed; *not found* when most seeds "
        "missed it.",
        "- frontrun's `dpor` skips schedules that it takes for equivalent, so that it needs fewer of them.",
        "",
        "| subject | ours/s | interleave-test/s | frontrun/s | ours: first failure | interleave-test | frontrun |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, by_tool in answers.items():
        one, two, three = (by_tool[tool] for tool in MODES)
        cells = [
            rate_cell(one),
            rate_cell(two, one),
            rate_cell(three, one),
            *map(first_cell, (one, two, three)),
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines.append("")
    for tool in ("interleave-test", "frontrun"):
        pairs = [(a["ours"], a[tool]) for a in answers.values() if "rate" in a[tool]]
        wall = geometric([one["rate"] / other["rate"] for one, other in pairs])
        cpu = geometric([one["cpu_rate"] / other["cpu_rate"] for one, other in pairs])
        lines.append(
            f"- {tool}: ours runs {wall:.1f}x the schedules per second of wall time and {cpu:.1f}x per second of "
            f"processor time (geometric mean of {len(pairs)} subjects)."
        )
    reasons = {
        (tool, a[tool]["reason"]): name for name, a in answers.items() for tool in MODES if a[tool]["reason"]
    }
    lines += [f"- n/a: {tool} on {name}: {reason}." for (tool, reason), name in reasons.items()]
    alarms = [f"{tool} on {name}" for name, a in answers.items() for tool in MODES if a[tool].get("alarms")]
    lines.append("- Alarms on a corrected program: " + (", ".join(alarms) or "none") + ".")
    memory = subprocess.run(
        [sys.executable, "-m", "benchmarks.explorer.memory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    marks = ", ".join(f"{int(at):,}: {kib / 1024:.1f} MiB" for at, kib in json.loads(memory.stdout).items())
    lines.append(f"- Resident memory of ours after so many schedules of submit_against_stop_inside: {marks}.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    text = report()
    print(text)
    (Path(__file__).parent / "results.md").write_text(text, "utf-8")
