"""Pictures: the same bytes everywhere, complete for eye and ear, nothing cut off, and true to their data."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache, partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from dojo.checking.verdict import Step
from dojo.reports.pictures.arrivals import arrivals
from dojo.reports.pictures.axes import Clock, number, ticks
from dojo.reports.pictures.lanes import lanes, lanes_of
from dojo.reports.pictures.letters import cut_to, lines_of, width_of
from dojo.reports.pictures.looks import BOXES, STROKES
from dojo.reports.pictures.outcomes import outcomes
from dojo.reports.pictures.over_time import over_time
from dojo.reports.pictures.picture import Picture, Sheet
from dojo.reports.pictures.spans import Bar, spans
from dojo.reports.pictures.speed_up import speed_up
from dojo.reports.pictures.states import states
from dojo.reports.timeline.beats import beats_of
from dojo.reports.timeline.drawing import draw
from dojo.reports.timeline.glance import glances
from dojo.reports.timeline.shapes import CHARACTER

from .runs import FILE, Tape, failing, lost_update, passing, waiting

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
LARGEST = 60_000  # bytes


def busy(threads: int = 4, rounds: int = 30) -> list[Step]:
    """Many threads with long names take a lock in turn and sleep with it: several strips, several seconds."""
    tape = Tape()
    tape.add("main", "resume")
    names = [f"a-worker-with-quite-a-name-{number}" for number in range(threads)]
    for name in names:
        tape.add("main", "start", 101, name)
    for turn in range(rounds):
        name = names[turn % threads]
        tape.add(name, "resume").add(name, "acquired", 12, "Pool._lock").add(name, "load", 13, "Pool.n", "1")
        tape.add(name, "store", 14, "Pool.n", str(turn)).add(name, "release", 15, "Pool._lock")
        tape.add(name, "wait", 16, "sleep()", f"until {turn + 1}000000000 ns").clock(turn + 1)
    return tape.steps


def breaker() -> Picture:
    """A breaker that opens, fails its probe, and closes."""
    changes = [(0, "closed"), (5, "open"), (35, "half-open"), (36, "open"), (66, "half-open"), (68, "closed")]
    calls = [(0, "passed"), (3, "failed"), (5, "failed"), (10, "rejected"), (25, "rejected"), (70, "passed")]
    return states(changes, calls, until=80, title="A breaker")


PICTURES: dict[str, tuple[Callable[[], Picture], list[str]]] = {
    "lost update": (
        partial(lanes_of, failing(lost_update(), message="n is 1, not 2", stuck=[]), FILE, title="Lost"),
        ["Lost", "main", "one", "two", "interrupted", "n is 0", "now n is 1, n = 1", "FAIL: n is 1, not 2"],
    ),
    "lanes over time": (
        partial(lanes, waiting(), own=FILE, stuck={"other": "blocked for ever"}),
        ["main", "other", "sleeps until 2 s", "stands still", "Pool._lock", "virtual time (s)"],
    ),
    "lanes over steps": (
        partial(lanes, waiting(), own=FILE, axis="steps"),
        ["→ 2 s", "→ 3 s", "sleeps", "waits for _lock", "_ready.notify() wakes nobody"],
    ),
    "many lanes": (
        partial(lanes, busy(), own=FILE, axis="steps"),
        ["main", "n = 0", "n = 29", "→ 2 s", "→ 30 s", "left out"],
    ),
    "many lanes over time": (partial(lanes, busy(12, 60), own=FILE), ["main", "0", "60"]),
    "tokens": (
        partial(
            over_time,
            {"tokens": [(0, 10 - n) for n in range(11)] + [(1, 1), (2, 2)]},
            what="tokens in the bucket",
            events=[(0, "a burst of 10"), (0.02, "the next one"), (2, "the last event, with a long text")],
        ),
        [
            "tokens in the bucket",
            "virtual time (s)",
            "a burst of 10",
            "the next one",
            "the last event, with a long text",
            "10",
        ],
    ),
    "queue": (
        partial(
            over_time,
            {"in the queue": [(0, 0), (0.001, 3), (0.002, 0)], "in flight": [(0, 2), (0.004, 0)]},
            what="jobs",
            limit=2,
            limit_name="workers",
            title="Depth",
        ),
        ["Depth", "jobs", "in the queue", "in flight", "workers 2", "virtual time (ms)"],
    ),
    "breaker": (
        breaker,
        ["A breaker", "closed", "open", "half-open", "passed (2)", "failed (2)", "rejected (2)", "state"],
    ),
    "arrivals": (
        partial(arrivals, {"no jitter": [0.1, 0.3, 0.7] * 90, "jitter": [n / 300 for n in range(270)]}),
        [
            "no jitter",
            "jitter",
            "requests in every 0.02 s",
            "at most 90 in 0.02 s (at 0.1 s)",
            "virtual time (s)",
        ],
    ),
    "spans": (
        partial(
            spans,
            [("fetch", n, n + 1, f"item {n}", "read") for n in range(4)]
            + [("store", n + 1, n + 3, f"item {n}", "write") for n in range(4)],
        ),
        ["fetch", "store", "item 0", "item 3", "read", "write", "virtual time (s)"],
    ),
    "speed-up": (
        partial(speed_up, {"pool": {1: 12, 2: 6, 6: 2, 8: 2, 12: 1}}),
        ["pool", "ideal", "number of workers", "speed-up (make-span of 1 worker / of n)", "6", "12"],
    ),
    "make-span": (
        partial(speed_up, {"pool": {1: 12, 4: 3}, "locked": {1: 12, 4: 11}}, make_span=True),
        ["pool", "locked", "ideal", "make-span (s of virtual time)"],
    ),
    "crowded": (
        partial(states, [(0, "open")], [(n / 50, "passed") for n in range(5000)]),
        ["passed (5,000)"],
    ),
    "long": (
        partial(over_time, {"n": [(t / 7, t * 7919 % 101) for t in range(9000)]}, what="n"),
        ["n", "100"],
    ),
    "outcomes": (
        partial(
            outcomes,
            {
                "counter is 2": 612,
                "counter is 1, as an update was lost in between the two": 387,
                "deadlock": 1,
            },
            bad=["deadlock"],
        ),
        ["counter is 2", "612 of 1,000 (61.2 %)", "wrong", "share of all schedules (%)"],
    ),
    "strange names": (
        partial(
            outcomes,
            {"$x$ & $y$": 1, "<b>\x1b[31m\udce9": 2, "日本語の名前": 3, "@0@ p0 #p0": 4, "x" * 300: 5},
        ),
        ["$x$ & $y$", "<b>\\x1b[31m\\udce9", "日本語の名前", "@0@ p0 #p0"],
    ),
}


@cache
def drawn(name: str) -> Picture:
    """One of the pictures."""
    return PICTURES[name][0]()


def texts(picture: Picture) -> list[tuple[str, float, float, float, float]]:
    """Every text with the box that it takes at most: left, top, right, bottom."""
    found = []
    for element in ET.fromstring(picture.svg).iter(f"{NAMESPACE}text"):
        style = element.attrib["style"]
        size = re.search(r"font-size: ([\d.]+)px", style)
        anchor = re.search(r"text-anchor: (\w+)", style)
        assert size is not None and anchor is not None
        text = element.text or ""
        wide = width_of(text, float(size[1]), bold="font-weight: 700" in style)
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[anchor[1]]
        found.append((text, left, y - 0.75 * float(size[1]), left + wide, y + 0.2 * float(size[1])))
    return found


def points(picture: Picture) -> list[tuple[float, float]]:
    """Every point of every line and box, and the edges of every marker."""
    root = ET.fromstring(picture.svg)
    shapes = {
        element.attrib["id"]: _numbers(element)
        for element in root.iter(f"{NAMESPACE}path")
        if "id" in element.attrib
    }
    found = []
    for element in root:
        if element.tag == f"{NAMESPACE}path":
            found += _numbers(element)
        elif element.tag == f"{NAMESPACE}use":
            x, y = float(element.attrib["x"]), float(element.attrib["y"])
            found += [(x + dx, y + dy) for dx, dy in shapes[element.attrib[LINK][1:]]]
    return found


def _numbers(element: ET.Element) -> list[tuple[float, float]]:
    numbers = [float(each) for each in re.findall(r"-?[\d.]+", element.attrib["d"])]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def digests() -> dict[str, str]:
    """A fingerprint of every picture."""
    return {
        name: hashlib.sha256((make().svg + make().alt).encode()).hexdigest()
        for name, (make, _) in PICTURES.items()
    }


def in_fresh_process(code: str, **environment: str) -> str:
    """What a program prints that starts anew."""
    run = [sys.executable, "-c", f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}"]
    done = subprocess.run(run, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_same_bytes_in_every_process_whatever_the_users_settings_are(tmp_path: Path) -> None:
    """Neither the order of a hash nor a configuration of matplotlib shows in a picture."""
    (tmp_path / "matplotlibrc").write_text(
        "lines.linewidth: 9\nfont.size: 30\nsvg.fonttype: path\nhatch.linewidth: 5\n"
        "lines.dash_capstyle: round\nlines.solid_joinstyle: bevel\n"
    )
    code = "from tests.reports.test_pictures import digests\nprint(digests())"
    found = in_fresh_process(code, PYTHONHASHSEED="4711", MATPLOTLIBRC=str(tmp_path))
    assert found.strip() == str(digests())


def test_matplotlib_is_left_as_it_was_and_only_loaded_to_draw() -> None:
    """Importing the functions loads none of it; drawing neither loads pyplot nor changes a setting."""
    modules = "arrivals lanes outcomes over_time picture spans speed_up states".split()
    code = f"""
for name in {modules}:
    __import__(f"dojo.reports.pictures.{{name}}")
print("matplotlib" in sys.modules)
import matplotlib
keys = [key for key in matplotlib.rcParams if key != "backend"]  # to read that one loads pyplot
before = [matplotlib.rcParams[key] for key in keys]
from dojo.reports.pictures.outcomes import outcomes
outcomes({{"one": 1}})
print("matplotlib.pyplot" in sys.modules, before == [matplotlib.rcParams[key] for key in keys])
"""
    assert in_fresh_process(code).split() == ["False", "False", "True"]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_a_small_document_that_can_be_read_out(name: str) -> None:
    """Well-formed, with a title and the text alternative, its own ground, real text, and nothing of one machine."""
    picture = drawn(name)
    root = ET.fromstring(picture.svg)
    assert root.attrib["role"] == "img" and root.attrib["font-family"] == "sans-serif"
    assert root[0].tag == f"{NAMESPACE}title" and root[0].text
    assert root[1].tag == f"{NAMESPACE}desc" and root[1].text == picture.alt
    assert root.attrib["viewBox"] == f"0 0 700 {root.attrib['height']}"
    assert len(picture.svg.encode()) < LARGEST
    tags = {element.tag.removeprefix(NAMESPACE) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "defs", "path", "use", "text", "pattern", "rect"}
    ground = next(element for element in root if element.tag == f"{NAMESPACE}path")
    assert ground.attrib["style"] == "fill: #ffffff" and (700, float(root.attrib["height"])) in _numbers(
        ground
    )
    assert "DejaVu" not in picture.svg and "atplotlib" not in picture.svg
    assert not re.search(r"\d\.\d\d", " ".join(element.get("d", "") for element in root.iter()))
    assert (
        picture.alt[-1] == "."
        and 1 <= len(re.findall(r"\.(?: |$)", picture.alt)) <= 3
        and "\n" not in picture.alt
    )


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_every_label(name: str) -> None:
    """All that is to be read stands in the drawing as text."""
    shown = [text for text, *_ in texts(drawn(name))]
    assert [each for each in PICTURES[name][1] if each not in shown] == []


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_outside(name: str) -> None:
    """No line, marker or letter leaves the picture."""
    picture = drawn(name)
    height = float(ET.fromstring(picture.svg).attrib["height"])
    assert [(x, y) for x, y in points(picture) if not (0 <= x <= 700 and 0 <= y <= height)] == []
    assert [
        text for text in texts(picture) if text[1] < 0 or text[2] < 0 or text[3] > 700 or text[4] > height
    ] == []


@pytest.mark.parametrize("name", PICTURES)
def test_no_two_texts_overlap(name: str) -> None:
    """No label runs into another, and none is too small to be read."""
    found = texts(drawn(name))
    pairs = [
        (one[0], two[0])
        for one, two in combinations(found, 2)
        if one[1] < two[3] and two[1] < one[3] and one[2] < two[4] and two[2] < one[4]
    ]
    assert pairs == []
    sizes = re.findall(r"font-size: ([\d.]+)px", drawn(name).svg)
    assert min(map(float, sizes)) >= 10


@pytest.mark.parametrize("name", PICTURES)
def test_names_in_a_picture_lead_somewhere_and_are_its_own(name: str) -> None:
    """Several pictures can stand in one page: no two share a name for different things."""
    picture = drawn(name)
    root = ET.fromstring(picture.svg)
    own = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
    plain = re.sub(r"<(title|desc|text)\b.*?</\1>", "", picture.svg, flags=re.DOTALL)
    used = set(re.findall(r"(?:url\(|href=\")#([\w-]+)", plain))
    assert used == own
    for other in PICTURES:
        if other != name:
            assert not own & set(re.findall(r"\bid=\"([\w-]+)\"", drawn(other).svg))


def test_nothing_is_told_by_colour_alone() -> None:
    """Lines differ in dashes and markers, boxes in hatches."""
    assert (
        len({stroke.dash for stroke in STROKES}) == len({stroke.shape for stroke in STROKES}) == len(STROKES)
    )
    assert len({box.hatch for box in BOXES}) == len(BOXES)


TRUE: list[tuple[Callable[[], Picture], list[str]]] = [
    (
        partial(lanes_of, failing(lost_update(), message="n is 1, not 2", stuck=[]), FILE),
        [
            "3 threads (main, one and two) in 14 steps, all at one instant",
            "one is interrupted at line 11; one has read Counter.n as 0, which two has since made 1",
            "The run fails: n is 1, not 2.",
        ],
    ),
    (partial(lanes_of, passing(lost_update()), FILE), ["At the end all threads have ended."]),
    (
        partial(lanes, waiting(), own=FILE),
        [
            "over 3 s of virtual time: main stands still at line 8. At the end main stands still and other runs."
        ],
    ),
    (
        partial(lanes, waiting()[:11], own=FILE, stuck={"main": "blocked", "other": "blocked"}),
        ["main sleeps 2 s; other waits 2 s", "Not ended: main (blocked) and other (blocked)."],
    ),
    (
        partial(over_time, {"tokens": [(0, 10), (0, 4), (0, 0), (1, 5), (2, 10)]}, what="tokens", limit=10),
        ["tokens: from 10 down to 0 by 0 s, then up to 10 by 2 s. limit 10: never exceeded."],
    ),
    (
        partial(
            over_time, {"a": [(0, 1), (3, 1)], "b": [(0, 1), (2, 5)]}, what="x", limit=4, events=[(1, "now")]
        ),
        [
            "a: always 1; b: from 1 up to 5 by 2 s. limit 4: exceeded, first by b at 2 s; the most is 5.",
            "Marked: now at 1 s.",
        ],
    ),
    (
        partial(over_time, {"n": [(t, t % 2) for t in range(9)]}, what="n"),
        ["n: up and down 8 times between 0 and 1, 0 at first, 0 at the end (8 s)."],
    ),
    (
        breaker,
        [
            "closed from 0 s to 5 s, then open from 5 s to 35 s, then half-open from 35 s to 36 s",
            "6 calls: 2 passed, all while closed; 2 failed, all while closed; 2 rejected, all while open.",
        ],
    ),
    (
        partial(arrivals, {"herd": [0.0] * 5 + [1.0] * 7, "spread": [n / 10 for n in range(12)]}, width=0.1),
        [
            "herd: 12, at most 7 in 0.1 s (at 1 s); spread: 12, at most 1 in 0.1 s (at 0 s)",
            "herd in 2, spread in 12",
        ],
    ),
    (
        partial(spans, [("w1", 0, 2), ("w2", 0, 1, "b"), Bar("w2", 1, 4, "c")]),
        [
            "3 jobs in 2 rows from 0 s to 4 s, at most 2 at the same time: w1 1 job, w2 2 jobs.",
            "would take 6 s.",
        ],
    ),
    (
        partial(speed_up, {"pool": {1: 12, 2: 6, 3: 6}}),
        [
            "pool: 12 s with 1 worker, 6 s with 3, a speed-up of 2 where 3 would be ideal; more than 2 bring nothing."
        ],
    ),
    (
        partial(outcomes, {"fine": 9999, "lost": 1}, bad=["lost"]),
        ["Of 10,000 schedules: 9,999 (over 99.9 %) fine; 1 (under 0.1 %) lost (wrong)."],
    ),
]


@pytest.mark.parametrize(("make", "said"), TRUE)
def test_the_text_alternative_is_true(make: Callable[[], Picture], said: list[str]) -> None:
    """It tells what the data are, not that there is a plot."""
    alt = make().alt
    assert [each for each in said if each not in alt] == [], alt


WRONG: list[tuple[Callable[..., Picture], tuple[Any, ...], dict[str, Any], str]] = [
    (lanes, ([],), {}, "the run has no steps"),
    (lanes, (lost_update(),), {"axis": "time"}, "no virtual time passes"),
    (lanes, (lost_update(),), {"axis": "x"}, "axis must be auto, time or steps, not 'x'"),
    (over_time, ({},), {"what": "n"}, "series is empty"),
    (over_time, ({"n": []},), {"what": "n"}, "series 'n' has no points"),
    (over_time, ({"n": [(2, 1), (1, 1)]},), {"what": "n"}, "'n' runs backwards: 1 s comes after 2 s"),
    (over_time, ({"n": [(0, 1)]},), {"what": "n"}, "everything happens at 0 s"),
    (
        over_time,
        ({"n": [(0, 1), (2, 1)]},),
        {"what": "n", "until": 1},
        "until is 1 s, but there is something at 2 s",
    ),
    (over_time, ({"n": [(0, -1)]},), {"what": "n"}, "n must be a number, 0 or more, not -1"),
    (over_time, ({"n": [(float("nan"), 1)]},), {"what": "n"}, "a time of n must be a number in seconds"),
    (over_time, ({"n": [("0", 1)]},), {"what": "n"}, "must be a number in seconds, 0 or more, not '0'"),
    (over_time, ({"n": [(0, 1)]},), {"what": "n", "events": [(-1, "x")]}, "the time of event 'x'"),
    (over_time, ({str(n): [(0, 1)] for n in range(7)},), {"what": "n"}, "7 series in one picture"),
    (states, ([],), {}, "changes must begin with the first state"),
    (states, ([(0, "closed")],), {}, "must end after 0 s"),
    (states, ([(0, "closed"), (5, "open")],), {"until": 3}, "not before 5 s"),
    (states, ([(5, "closed"), (0, "open")],), {"until": 9}, "'open' at 0 s comes after 5 s"),
    (states, ([(0, "closed")], [(1, "lost")]), {}, "passed, failed, rejected as outcome, not 'lost'"),
    (states, ([(1, "closed")], [(0, "passed")]), {"until": 3}, "comes before the first state"),
    (states, ([(n, f"s{n}") for n in range(4)],), {"until": 9}, "cannot be told apart"),
    (arrivals, ({},), {}, "no policy has an arrival"),
    (arrivals, ({"a": [0.0]},), {}, "give a width"),
    (arrivals, ({"a": [1.0]},), {"width": 0}, "width must be above 0"),
    (arrivals, ({"a": [1.0]},), {"width": 1e-6}, "too thin"),
    (arrivals, ({"a": [1.0]},), {"until": 0.5}, "until is 0.5 s, but something arrives at 1 s"),
    (arrivals, ({str(n): [1.0] for n in range(7)},), {}, "room for 6 policies, not for 7"),
    (spans, ([],), {}, "bars is empty"),
    (spans, ([("w", 2, 1, "j")],), {}, "job j of w ends at 1 s, before it starts at 2 s"),
    (spans, ([("w", 0, 0)],), {}, "every job ends at 0 s"),
    (spans, ([("w", 0, 2)],), {"until": 1}, "until is 1 s, but a job ends at 2 s"),
    (spans, ([("w", 0, 1, "", str(n)) for n in range(7)],), {}, "7 kinds of jobs"),
    (spans, ([(f"w{n}", 0, 1) for n in range(41)],), {}, "room for 40 rows, not for 41"),
    (speed_up, ({},), {}, "measured is empty"),
    (speed_up, ({"p": {2: 1.0}},), {}, "no make-span for 1 worker"),
    (speed_up, ({"p": {1: 1.0}},), {}, "for more than 1 worker as well"),
    (speed_up, ({"p": {1: 0.0, 2: 1.0}},), {}, "nothing took any time"),
    (speed_up, ({"p": {0: 1.0, 1: 1.0}},), {}, "is 1 or more, not 0"),
    (speed_up, ({"p": {1.5: 1.0}},), {}, "is a whole number, not 1.5"),
    (outcomes, ({},), {}, "nothing was counted"),
    (outcomes, ({"a": -1},), {}, "must be 0 or more, not -1"),
    (outcomes, ({"a": 0.5},), {}, "must be a whole number, not 0.5"),
    (outcomes, ({"a": 1},), {"bad": ["b"]}, "bad names 'b', which is not among the outcomes: a"),
    (outcomes, ({"a": 1},), {"bad": "a"}, "not the text 'a'"),
    (outcomes, ({str(n): 1 for n in range(21)},), {}, "room for 20 outcomes, not for 21"),
]


@pytest.mark.parametrize(("make", "given", "named", "said"), WRONG, ids=[case[3] for case in WRONG])
def test_bad_data_are_refused_with_a_reason(
    make: Callable[..., Picture], given: tuple[Any, ...], named: dict[str, Any], said: str
) -> None:
    """An error says what is wrong with what was given."""
    with pytest.raises((ValueError, TypeError), match=re.escape(said)):
        make(*given, **named)


def test_marks_of_one_shape_may_look_different() -> None:
    """A hollow marker stays hollow beside a filled one."""
    sheet = Sheet()
    sheet.height = 40
    sheet.mark([(10, 10), (20, 10)], "o", color="#123456")
    sheet.mark([(30, 10)], "o", color="#123456", hollow=True)
    root = ET.fromstring(sheet.picture("title", "alt").svg)
    looks = {
        element.attrib["id"]: element.get("style", "") for element in root.iter() if "id" in element.attrib
    }
    marks = root.iter(f"{NAMESPACE}use")
    filled = ["fill: #123456" in mark.get("style", looks[mark.attrib[LINK][1:]]) for mark in marks]
    assert filled == [True, True, False]


def test_a_long_run_goes_on_in_strips_that_no_label_crosses() -> None:
    """Threads are named again in each strip; the beats that are left out are named as such."""
    shown = [text for text, *_ in texts(drawn("many lanes"))]
    assert shown.count("main") > 2 and shown.count("left out") == 1
    beats = beats_of(busy())
    drawing = draw(beats, glances(beats), FILE, 0, strip=200)
    assert drawing.end > 1000
    for cell in drawing.cells:
        end = cell.x + max(cell.width, len(cell.label) * CHARACTER)
        assert cell.x // 200 == end // 200, cell


def test_jobs_that_overlap_do_not_cover_each_other() -> None:
    """A row with two jobs at once is as high as two."""
    one, two = (
        float(ET.fromstring(spans(bars).svg).attrib["height"])
        for bars in ([("w", 0, 1), ("w", 1, 2)], [("w", 0, 1), ("w", 0, 2)])
    )
    assert two - one == 24


@pytest.mark.parametrize(
    ("span", "unit"),
    [(1e-8, "ns"), (5e-6, "µs"), (0.02, "ms"), (0.5, "s"), (1, "s"), (599, "s"), (600, "min"), (1e5, "min")],
)
def test_the_unit_of_time_suits_the_span(span: float, unit: str) -> None:
    """From nanoseconds to minutes."""
    assert Clock.of(span).unit == unit


def test_numbers_and_ticks_are_round() -> None:
    """No tail of a float is ever seen."""
    given = [0, 0.1 + 0.2, 1 / 3, 12.5, 100, 1234.56, 12, 1e-5]
    assert [number(each) for each in given] == ["0", "0.3", "0.3333", "12.5", "100", "1,235", "12", "1e-05"]
    assert ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(0, 3, 8, whole=True) == [0, 1, 2, 3]


def test_text_takes_no_more_room_than_reckoned() -> None:
    """The reckoning holds for the widest font that is common, letter by letter but for a hair."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    for bold in (False, True):
        weight = "bold" if bold else "normal"
        font = FT2Font(
            font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans", weight=weight))
        )
        font.set_size(100, 72)
        for letter in map(chr, range(32, 127)):
            wide = font.load_char(ord(letter)).linearHoriAdvance / 65536
            assert wide <= width_of(letter, 100, bold=bold) + 3, letter


def test_text_is_cut_to_its_room() -> None:
    """Whatever the room is, it is not exceeded."""
    for room in range(0, 200, 7):
        assert width_of(cut_to("a text that is cut", room)) <= room
        assert all(
            width_of(line) <= max(room, 0) for line in lines_of("a text in lines, some long", room, most=2)
        )
