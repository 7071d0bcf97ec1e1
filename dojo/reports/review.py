"""What to repeat on the terminal: what is due today, what comes next, and for each why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from dojo.grading.catalogue import Kata
from dojo.grading.learner.memory import day_of
from dojo.grading.learner.review import Bug, Item
from dojo.reports.page import STRONG, WARN, Lines, Page, count, line

# The keys of ``dojo.grading.learner.hints.KINDS`` as a class of bug that one has met.
BUGS = {
    "promise": "broken promise",
    "deadlock": "deadlock or lost wake-up",
    "exception": "unexpected exception",
    "exit": "exit of the interpreter",
    "leak": "leaked thread",
    "polling": "polling",
    "livelock": "livelock",
    "endless": "endless loop",
}
_INDENT = 4


def agenda(items: Sequence[Item], katas: Sequence[Kata], now: datetime, page: Page) -> Lines:
    """Everything that is to be repeated.

    Args:
        items: what comes first at the top; katas that are not known are left out.
        katas: those there are.
        now: decides what is due today.
        page: where to.
    """
    known = {kata.name: kata for kata in katas}
    shown = [item for item in items if item.kata in known]
    due = [item for item in shown if any(card.is_due(now) for card in item.cards)]
    later = [item for item in shown if item not in due]
    if not shown:
        text = "Nothing to repeat yet: a kata comes back here once you have solved it."
        return [line(("Review", STRONG)), *page.paragraph(text, 2)]
    score = f"{count(len(due), 'kata')} due today, {len(later)} later"
    lines = [line(("Review", STRONG), f"   {score}")]
    for title, part in (("Due today", due), ("Next", later)):
        if part:
            lines += [line(""), line((title, STRONG))]
        for item in part:
            lines += _item(item, known[item.kata], now, page)
    return [*lines, line(""), *_what_to_do(due, later, page)]


def _item(item: Item, kata: Kata, now: datetime, page: Page) -> Lines:
    today = day_of(now)
    due = min(day_of(card.due) for card in item.cards)
    when = _when(due, today)
    lines = [line("  ", (kata.name, STRONG), f"   {when}")]
    lines += page.paragraph(_why(item, today), _INDENT)
    # Today only what is due now: the rest would be a list of all that ever went wrong.
    bugs = [bug for bug in item.bugs if due > today or bug.card.is_due(now)]
    for bug in bugs:
        lines += page.paragraph(_bug(bug, today), _INDENT, label="bug  ", style=WARN)
    return lines


def _why(item: Item, today: date) -> str:
    if item.begun:
        return "begun again, not solved yet"
    ago = _ago(day_of(item.card.last), today)
    how = "at the first attempt" if item.attempts == 1 else f"in {count(item.attempts, 'attempt')}"
    helped = f"with {count(item.hints, 'hint')}" if item.hints else "without a hint"
    if item.card.ratings and item.card.ratings[-1].endswith(" again"):
        return f"not solved {ago}, {how}, {helped}"
    return f"solved {ago}, {how}, {helped}"


def _bug(bug: Bug, today: date) -> str:
    key = bug.diagnosis.rpartition("/")[2]
    ratings = [each.rpartition(" ")[2] for each in bug.card.ratings]
    failures = sum(rating in ("again", "hard") for rating in ratings)
    often = "" if failures < 2 else f", met {failures} times"
    due = _when(day_of(bug.card.due), today)
    return f"{BUGS.get(key, key)}: {bug.promise} ({due}{often})"


def _what_to_do(due: Sequence[Item], later: Sequence[Item], page: Page) -> Lines:
    rested = [item.kata for item in (*due, *later) if not item.begun]
    begun = [item.kata for item in due if item.begun]
    lines: Lines = []
    if begun:
        lines += page.paragraph("Go on with what you have begun, then grade it:", 0)
        lines.append(line("  ", (f"{page.workspace.program} grade {begun[0]}", STRONG)))
    elif rested:
        why = "To begin with the stub again" if due else "Nothing is due today. To repeat a kata all the same"
        lines += page.paragraph(f"{why} (what you wrote is kept):", 0)
        lines.append(line("  ", (f"{page.workspace.program} review {rested[0]}", STRONG)))
    return lines


def _when(day: date, today: date) -> str:
    days = (day - today).days
    if days < 0:
        return "due since yesterday" if days == -1 else f"due for {-days} days"
    if days == 0:
        return "due today"
    return "due tomorrow" if days == 1 else f"due in {days} days, {day.isoformat()}"


def _ago(day: date, today: date) -> str:
    days = (today - day).days
    if days <= 0:
        return "today"
    return "yesterday" if days == 1 else f"{days} days ago"
