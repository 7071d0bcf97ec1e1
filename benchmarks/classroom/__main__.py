"""Grades a class that was made up, in every way there is: ``python -m benchmarks.classroom --persons 200``.

All must come out as expected and the same each time: with one worker and with two, after ten kills at random
moments, and on a cluster that loses one of its two workers. Prints a Markdown list; exits with 1 if it did not.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.classroom.generate import make_class
from benchmarks.classroom.runs import Class, cluster, differences, survivors
from dojo.grading.catalogue import load
from dojo.grading.terms import DEFAULT_BUDGET

STEPS = ("one", "two", "kills", "cluster")


def main() -> int:
    """Do the steps that are asked for, the first of them as what the others are compared with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=12)
    parser.add_argument("--budget", type=int, default=DEFAULT_BUDGET)
    parser.add_argument("--variants", type=int, default=3, help="of each text, in names and comments")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--katas", nargs="*", default=[], help="by default all")
    parser.add_argument("--steps", nargs="*", default=STEPS, choices=STEPS)
    options = parser.parse_args()
    katas = [kata for kata in load() if kata.name in options.katas or not options.katas]
    with tempfile.TemporaryDirectory() as name:
        return _compare(Path(name), katas, options)


def _compare(folder: Path, katas: list, options: argparse.Namespace) -> int:
    submissions = folder / "class"
    expected = make_class(submissions, options.persons, katas, variants=options.variants, seed=options.seed)
    names = ",".join(kata.name for kata in katas)
    base = Class(submissions, folder, (f"--budget={options.budget}", f"--katas={names}"))
    print(f"- {options.persons} persons, {len(katas)} katas: {len(expected)} submissions", flush=True)
    sheets, wrong, seconds = [], 0, 0.0
    for step in options.steps:
        run = replace(base, out=folder / step)
        if step == "kills":
            graded, seconds = _killed(run, options.kills, seconds or 60.0, options.seed)
        elif step == "cluster":
            graded, seconds = _on_cluster(run, folder)
        else:
            graded, seconds = run.run(f"--workers={STEPS.index(step) + 1}")
        rate = f"{graded} texts graded in {seconds:.0f} s, {graded / seconds:.2f} a second"
        again, at_once = run.run()
        twice = run.written - run.kept
        print(
            f"- {step}: {rate}; once more: {again} graded, {at_once:.1f} s; {twice} graded twice", flush=True
        )
        wrong += again + twice
        sheets.append(run.sheet)
    unexpected = differences(sheets[0], expected)
    print(f"- {len(expected) - len(unexpected)} of {len(expected)} results as expected")
    for each in unexpected:
        print(f"  - {each}")
    mutants = sum(bool(each.failed) for each in expected.values())
    left = survivors(replace(base, out=folder / options.steps[0]), expected, budget=options.budget)
    print(f"- {mutants - len(left)} of {mutants} mutants noticed by the property that their entry names")
    same = len(set(sheets)) == 1
    print(f"- results.csv of {len(sheets)} runs: {'the same bytes' if same else 'NOT the same'}")
    return int(bool(unexpected or left or wrong) or not same)


def _killed(run: Class, kills: int, seconds: float, seed: int) -> tuple[int, float]:
    """Kill a run again and again, then let it end: how many texts were graded in all, and in how long."""
    choose = random.Random(seed)
    before, began = 0, time.monotonic()
    for number in range(kills):
        # The moments are spread over the whole work; what is done already does not come again.
        moment = choose.uniform(0.5, 2 * seconds / (kills + 1))
        end = time.monotonic() + moment
        was_running = run.kill_when(run.start("--workers=2"), partial(_is_past, end))
        kept = run.kept
        print(
            f"  - killed {number + 1}: after {moment:.1f} s, {kept} kept, running: {was_running}", flush=True
        )
        assert kept >= before, "a result was lost"
        before = kept
    last = run.finish(run.start("--workers=2"))
    assert before + last >= run.kept, "a result came from nowhere"
    print(f"  - {before} kept after the kills, {last} graded in the last run, {run.kept} kept in the end")
    return before + last, time.monotonic() - began


def _is_past(end: float) -> bool:
    return time.monotonic() >= end


def _on_cluster(run: Class, folder: Path) -> tuple[int, float]:
    place = folder / "dask"
    place.mkdir()
    with cluster(place, 2) as found:
        began = time.monotonic()
        process = run.start("--cluster", found.address)
        victim = found.workers[0]
        while process.poll() is None and run.kept < 3:
            time.sleep(0.05)
        print(f"  - one of two workers killed when {run.kept} were done", flush=True)
        victim.kill()
        return run.finish(process), time.monotonic() - began


if __name__ == "__main__":
    raise SystemExit(main())
