"""The timeline in a real browser: stepping by keys, slider and mouse, both colour schemes, paper, no script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dojo.reports.timeline.page import Subject, timeline

from .browser import Browser, find
from .runs import FILE, Tape, failing, lost_update

pytestmark = pytest.mark.skipif(
    find() is None, reason="no Chromium on this machine (apt-get install chromium)"
)
SUBJECT = Subject("counter", FILE, "uv run grader.py timeline counter TOKEN")
STEPS = 13  # of the lost update, the ending included
INTERRUPTED = 5


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests: it takes a second to start."""
    with Browser() as found:
        yield found


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    """The lost update, shown; afterwards nothing was complained of and nothing was loaded."""
    file = tmp_path / "run.html"
    file.write_text(timeline(failing(lost_update()), SUBJECT), "utf-8")
    browser.messages.clear()
    browser.requests.clear()
    browser.open(file.as_uri())
    yield browser
    assert browser.messages == []
    assert {address.partition("#")[0] for address in browser.requests} <= {file.as_uri(), "about:blank"}


def step(page: Browser) -> int:
    """Where the page stands; all its parts must agree."""
    number = int(page.run("document.body.dataset.step"))
    assert page.run("document.getElementById('slider').value") == str(number)
    assert page.run("document.getElementById('position').textContent").startswith(f"step {number} of {STEPS}")
    assert page.run("document.querySelector('#steps [aria-current] th').textContent") == str(number)
    part = page.run(
        f"document.querySelector('#picture [data-beat=\"{number - 1}\"]').getBoundingClientRect().x"
    )
    head = page.run("document.querySelector('#playhead').getBoundingClientRect().x")
    assert abs(part - head) <= 3  # the playhead stands under the beat
    return number


def say(page: Browser) -> str:
    """What is read aloud."""
    return str(page.run("document.getElementById('live').innerText"))


def table(page: Browser, name: str) -> list[str]:
    """The rows of a table as text."""
    found: list[str] = page.run(
        f"[...document.querySelectorAll('#{name} tbody tr')].map(row => row.innerText)"
    )
    return found


def test_keys(page: Browser) -> None:
    """Right, left, End, Home, p and Shift+P; at the ends nothing more happens."""
    assert step(page) == 1
    page.press("ArrowLeft")
    assert step(page) == 1
    page.press("ArrowRight")
    assert step(page) == 2
    page.press("p")
    assert step(page) == INTERRUPTED
    assert "interrupts one at line 11" in say(page)
    page.press("p")
    assert step(page) == INTERRUPTED
    page.press("End")
    assert step(page) == STEPS
    assert "FAIL: nobody can go on" in say(page)
    page.press("ArrowRight")
    assert step(page) == STEPS
    page.press("P")
    assert step(page) == INTERRUPTED
    page.press("ArrowLeft")
    assert step(page) == INTERRUPTED - 1
    page.press("Home")
    assert step(page) == 1
    assert page.run("location.hash") == "#step=1"


def test_several_interruptions(browser: Browser, tmp_path: Path) -> None:
    """From anywhere to the next one and to the one before."""
    tape = Tape().add("main", "resume")
    for number in range(12):
        tape.add("main", "preempt" if number % 4 == 2 else "load", 3 + number, "A.n", "1")
    file = tmp_path / "turns.html"
    file.write_text(timeline(failing(tape.steps), SUBJECT), "utf-8")
    browser.open(file.as_uri())
    seen = []
    for key in ("p", "p", "ArrowRight", "P", "P", "p", "p", "p"):
        browser.press(key)
        seen.append(int(browser.run("document.body.dataset.step")))
    assert seen == [3, 7, 8, 7, 3, 7, 11, 11]


def test_what_stands_beside_it(page: Browser) -> None:
    """Threads, values with the change, the source line with the threads at it, what was missed."""
    for _ in range(6):
        page.press("ArrowRight")
    assert step(page) == 7
    assert "sets Counter.n: 0 → 1" in say(page)
    assert table(page, "threads") == [
        "main\tline 102 of the property\twaits: Thread.join() of one",
        "one\tline 11\tready",
        "two\tline 11\truns",
    ]
    assert table(page, "values")[0] == "Counter.n\t1\t0 → 1, by two, step 7"
    assert page.run("document.querySelector('#values tr.changed th').textContent") == "Counter.n"
    assert page.run("document.querySelector('#L11').innerText").split() == [
        "11",
        "line",
        "11",
        "one",
        "▶",
        "two",
    ]
    assert table(page, "locks")[0].startswith("no lock is held")
    page.press("ArrowRight")
    page.press("ArrowRight")
    assert "since one read Counter.n, two has changed it: 0 → 1" in say(page)
    page.press("ArrowLeft")
    assert "one" in page.run("document.querySelector('#L11').innerText")
    assert "▶" not in page.run("document.querySelector('#L10').innerText")


def test_slider_mouse_and_links(page: Browser) -> None:
    """Every way to a step leads to the same state."""
    page.run("(s => { s.value = 4; s.dispatchEvent(new Event('input')) })(document.getElementById('slider'))")
    assert step(page) == 4
    assert (
        page.run("document.getElementById('slider').getAttribute('aria-valuetext')")
        == "step 4 of 13: one runs line 10"
    )
    page.click("#next")
    assert step(page) == 5
    page.click("#turn-back")
    assert step(page) == 5
    assert page.run("document.getElementById('turn').getAttribute('aria-disabled')") == "true"
    page.click('#picture [data-beat="6"] .box')
    assert step(page) == 7
    page.click('#steps tr[data-beat="1"] a')
    page.until("document.body.dataset.step == 2")  # a link is followed when the page gets round to it
    assert step(page) == 2
    page.click("#last")
    assert step(page) == STEPS


def test_the_line_that_raised(browser: Browser, tmp_path: Path) -> None:
    """It is marked at the end, though it may have left no step."""
    file = tmp_path / "raised.html"
    file.write_text(timeline(failing(lost_update(), place=(FILE, 20), stuck=[]), SUBJECT), "utf-8")
    browser.open(f"{file.as_uri()}#step={STEPS}")
    assert "raised here" in browser.run("document.querySelector('#L20').innerText")
    assert "Raised at counter.py:20" in browser.run("document.querySelector('header').innerText")
    browser.press("ArrowLeft")
    assert "raised here" not in browser.run("document.querySelector('#source').innerText")


def test_an_address_names_a_step(browser: Browser, page: Browser, tmp_path: Path) -> None:
    """A link can be mailed; nonsense leads to the nearest step there is."""
    address = (tmp_path / "run.html").as_uri()
    for fragment, expected in (("#step=6", 6), ("#step=99999", STEPS), ("#step=0", 1), ("#other", 1)):
        browser.open(address + fragment)
        assert step(browser) == expected


def test_buttons_work_from_the_keyboard(page: Browser) -> None:
    """Tab reaches them in order, the space bar presses them, the arrows step all the same."""
    page.press("Tab")
    assert page.run("document.activeElement.id") == "first"
    page.press("Tab")
    page.press("Tab")
    assert page.run("document.activeElement.id") == "next"
    page.press(" ")
    assert step(page) == 2
    page.press("ArrowRight")
    assert step(page) == 3
    assert page.run("document.activeElement.id") == "next"


def test_both_schemes(page: Browser) -> None:
    """The ground follows the reader's preference."""
    grounds = []
    for scheme in ("light", "dark"):
        page.media(prefers_color_scheme=scheme)
        grounds.append(page.run("getComputedStyle(document.body).backgroundColor"))
    page.media()
    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]


@pytest.mark.parametrize("width", [1400, 700, 400])
def test_nothing_sticks_out(page: Browser, width: int) -> None:
    """The drawing scrolls in its frame, the page never sideways."""
    page.size(width, 900)
    assert page.run("document.documentElement.scrollWidth") <= width
    page.size(1400, 1000)


def test_on_paper(page: Browser) -> None:
    """Controls and panels make room for the whole drawing, in strips, and the table of all steps."""
    page.press("End")
    page.media("print", prefers_color_scheme="dark")
    boxes = page.run(
        "Object.fromEntries(['.controls', '.panels', '.film', '.paper svg', '#steps'].map(name =>"
        " [name, document.querySelector(name).getBoundingClientRect().height]))"
    )
    assert [boxes[name] for name in (".controls", ".panels", ".film")] == [0, 0, 0]
    assert boxes[".paper svg"] > 50 and boxes["#steps"] > 200
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.media()


def test_the_playhead_stays_in_sight(browser: Browser, tmp_path: Path) -> None:
    """A drawing that is wider than the window follows, whichever way one goes."""
    tape = Tape().add("main", "resume")
    for number in range(300):
        tape.add("main", "load", 3 + number % 20, "Pool.n", "1")
    file = tmp_path / "long.html"
    file.write_text(timeline(failing(tape.steps), SUBJECT), "utf-8")
    browser.media(prefers_reduced_motion="reduce")
    browser.open(file.as_uri())
    inside = """(() => { const head = document.querySelector('#playhead').getBoundingClientRect();
        const box = document.querySelector('#scroll').getBoundingClientRect();
        return head.left >= box.left && head.right <= box.right })()"""
    for key in ("End", "ArrowLeft", "Home", *["ArrowRight"] * 60):
        browser.press(key)
        assert browser.run(inside), key
    browser.media()


def test_without_a_script(tmp_path: Path) -> None:
    """The drawing, the source and the table are there; what could not work is not."""
    file = tmp_path / "run.html"
    file.write_text(timeline(failing(lost_update()), SUBJECT), "utf-8")
    with Browser() as still:
        still.without_script()
        still.ask("Page.navigate", url=file.as_uri())
        still.settle()
        text = still.text()
    assert "The scheduler interrupts one at line 11" in text
    assert "line 30" in text
    assert "interruption ★" not in text and "Threads" not in text
