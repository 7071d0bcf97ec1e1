"""The panels of the stepper: source window, what happens, what happened before, locks, values.

Each is a function of a reel and the index of a screen, and makes at most as many lines as it may.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from dojo.reports.cast import doing
from dojo.reports.film import ENDED, WAITING, Moment
from dojo.reports.page import BAD, DIM, STRONG, WARN, Lines, Page, line
from dojo.reports.reel import Reel
from dojo.reports.timeline import words
from dojo.reports.timeline.beats import GAP, LINE, PREEMPT, SETUP, STALL

LABEL = 8  # columns of "now", "locks", "values"
_NARROW = 64  # columns; below, variables go without the class that they belong to
_TAB = 4
_GAP = 3  # between two values on a line


def source(reel: Reel, index: int, page: Page, rows: int) -> Lines:
    """The lines around the current one, and at their left who stands there."""
    file, current = _spot(reel, index)
    if not current:
        return []
    numbered = list(enumerate(reel.source, 1)) if file == reel.own else sorted(reel.scenario.items())
    position = next((at for at, (number, _) in enumerate(numbered) if number == current), None)
    if position is None:
        return []
    begin = max(0, min(position - rows // 2, len(numbered) - rows))
    window = [(number, text.expandtabs(_TAB).rstrip()) for number, text in numbered[begin : begin + rows]]
    standing = _who(reel, index, file)
    margin = min(max(4, page.width // 6), max(cell_len(page.clean(each)) for each in [*reel.threads, "main"]))
    digits = len(str(numbered[-1][0]))
    indent = min((len(text) - len(text.lstrip()) for _, text in window if text.strip()), default=0)
    found = []
    for number, text in window:
        here = number == current
        first, *others = standing.get(number, [""])
        lead = f"{'>' if here else ' '} {page.cut_left(first, margin)}"
        lead += f"{' ' * (margin + 2 - cell_len(lead))}  {number:>{digits}}  "
        code = _fitting(text[indent:], page, page.width - len(lead))
        style = (WARN if reel.beat(index).kind in (PREEMPT, STALL) else STRONG) if here else ""
        row = line((lead, style or ("" if first else DIM)), (code, style))
        if others:
            note = page.clean(f"   <- {', '.join(others)}")
            if row.cell_len + cell_len(note) > page.width:
                note = f" +{len(others)}"
                row.truncate(page.width - len(note), pad=False)
            row.append(note)
        found.append(row)
    return found


def _fitting(text: str, page: Page, width: int) -> str:
    """A source line of at most so many columns: the comment behind it goes first."""
    width = max(6, width)
    if cell_len(page.clean(text)) > width:
        text = text.partition("  #")[0].rstrip() or text
    return page.cut(text, width)


def _spot(reel: Reel, index: int) -> tuple[str, int]:
    """File and line that a screen is about: the last one that is known.

    At the end that of a thread that had not ended, else the last line of the submission that ran.
    """
    if index >= reel.last:
        stands = [reel.standing(thread, index) for thread in reversed(reel.threads) if thread in reel.stuck]
        places = [(each.file, each.line) for each in stands if each is not None]
        places += [(beat.file, beat.line) for beat in reversed(reel.beats)]
        return next((place for place in places if place[0] == reel.own), places[0] if places else ("", 0))
    return next(((beat.file, beat.line) for beat in reversed(reel.beats[: index + 1]) if beat.line), ("", 0))


def _who(reel: Reel, index: int, file: str) -> dict[int, list[str]]:
    """Who stands at which line of a file; who has just run comes first."""
    found: dict[int, list[str]] = {}
    first = reel.beat(index).thread
    for thread in sorted(reel.threads, key=lambda each: each != first):
        stands = reel.standing(thread, index)
        if stands is not None and stands.doing != ENDED and stands.line and stands.file == file:
            found.setdefault(stands.line, []).append(thread)
    return found


def told(reel: Reel, index: int, page: Page) -> str:
    """What happens on a screen, in a sentence."""
    beat = reel.beats[index]
    text = words.sentence(beat, reel.own)
    effects = words.effects(beat)
    if beat.kind == LINE and beat.did("wait"):  # how the thread stands says more: who holds what it waits for
        effects = [each for each in effects if not each.startswith("waits: ")]
        effects.append(doing(reel, beat.thread, index))
    if not effects and reel.each_step and beat.kind == LINE:
        effects = [f"{beat.after.step.kind} {beat.after.step.detail}".strip()]
    if effects:
        text += f": {', '.join(effects)}"
    if page.width < _NARROW:
        for name in dict.fromkeys(effect.name for effect in beat.effects if effect.name):
            text = text.replace(name, words.short(name))
    return text.replace("→", "->")


def now(reel: Reel, index: int, page: Page, rows: int) -> Lines:
    """What happens on this screen, and what a thread does not know."""
    if index >= reel.last:
        text, style = (f"End of the run: {reel.wrong}", BAD) if reel.wrong else ("End of the run.", STRONG)
    else:
        style = WARN if reel.beats[index].kind in (PREEMPT, STALL) else STRONG
        text = told(reel, index, page)
    remarks: Lines = []
    for remark in _remarks(reel, index, page):
        remarks += page.paragraph(remark, LABEL, label="! ", style=WARN, most=2)
    room = max(1, rows - len(remarks))
    return (page.paragraph(text, 0, label=f"{'now':<{LABEL}}", style=style, most=room) + remarks)[:rows]


def _name(name: str, page: Page) -> str:
    return words.short(name) if page.width < _NARROW else name


def _remarks(reel: Reel, index: int, page: Page) -> list[str]:
    found = []
    if index < reel.last:
        for name, then, value, by in reel.seen[index].missed:
            name = _name(name, page)
            found.append(f"since {reel.beats[index].thread} read {name}, {by} changed it: {then} -> {value}")
    for thread, name, value, after in reel.overtaken(index):
        name = _name(name, page)
        if index >= reel.last:
            found.append(f"{thread} has read {name} as {value}; it became {after} too late for it")
        else:
            found.append(f"{thread} has read {name} as {value} before, and does not know of {after}")
    return found


def before(reel: Reel, index: int, page: Page, rows: int) -> Lines:
    """What happened on the screens before this one, a line each."""
    found: Lines = []
    for number in range(max(0, index - rows), index):
        style = WARN if reel.beats[number].kind in (PREEMPT, STALL) else DIM
        text = page.cut(told(reel, number, page), page.width - LABEL)
        found.append(line((f"{'before' if not found else '':<{LABEL}}", DIM), (text, style)))
    return found


def locks(reel: Reel, index: int, page: Page, rows: int) -> Lines:
    """Every lock that is held, wanted or just let go, with its holder and who waits for it: a line each."""
    earlier, after = _two(reel, index)
    was, are = _locks(earlier), _locks(after)
    texts = {name: are.get(name, "free") for name in sorted({*was, *are})}
    entries = [
        (f"{_name(name, page)}: {text}", was.get(name, "free") != text) for name, text in texts.items()
    ]
    if not entries:
        return [_labelled("locks", [("none is held", False)])]
    if len(entries) > rows:  # what changes is what is looked for
        kept = sorted(range(len(entries)), key=lambda at: not entries[at][1])[: max(1, rows)]
        entries = [entries[at] for at in sorted(kept)]
        more = len(texts) - len(entries)
        entries[-1] = (f"{entries[-1][0]}   and {more} more", entries[-1][1])
    cut = [(page.cut(text, page.width - LABEL - 2), changed) for text, changed in entries]
    return [_labelled("locks" if not number else "", [entry]) for number, entry in enumerate(cut)]


def values(reel: Reel, index: int, page: Page, rows: int) -> Lines:
    """The variables seen so far; what has just changed is marked, with what it was before."""
    earlier, after = _two(reel, index)
    written = {effect.name for effect in reel.beat(index).did("write")} if index < reel.last else set()
    entries: dict[str, tuple[str, bool]] = {}
    for name, value in after.values.items():
        was = earlier.values.get(name, "")
        changed = was != value and (bool(was) or name in written)
        label = _name(name, page)
        entries[name] = (f"{label} {was} -> {value}" if changed and was else f"{label} = {value}", changed)
    if not entries:
        return [_labelled("values", [("none seen yet", False)])]
    # Those that were touched last are kept, and stay where they were: an eye looks for them there.
    touched: dict[str, int] = {}
    for number, beat in enumerate(reel.beats[: index + 1]):
        touched.update((effect.name, number) for effect in beat.effects)
    by_age = sorted(entries, key=lambda name: (entries[name][1], touched.get(name, -1)), reverse=True)
    shown = len(by_age)
    while True:
        kept = set(by_age[:shown])
        texts = [entry for name, entry in entries.items() if name in kept]
        if shown < len(entries):
            texts.append((f"and {len(entries) - shown} more", False))
        packed = _packed(texts, page)
        if len(packed) <= rows or shown <= 1:
            return packed[:rows]
        shown -= 1


def _packed(entries: Sequence[tuple[str, bool]], page: Page) -> Lines:
    """Entries side by side, as many on a line as fit."""
    rows: list[list[tuple[str, bool]]] = []
    used = 0
    for text, changed in entries:
        shown = page.cut(text, page.width - LABEL - 2)
        needed = cell_len(shown) + 2
        if not rows or used + needed > page.width - LABEL:
            rows.append([])
            used = 0
        rows[-1].append((shown, changed))
        used += needed + _GAP - 2
    return [_labelled("values" if not number else "", row) for number, row in enumerate(rows)]


def _labelled(label: str, entries: Sequence[tuple[str, bool]]) -> Text:
    shown = line((f"{label:<{LABEL}}", DIM))
    for number, (text, changed) in enumerate(entries):
        shown.append(" " * (_GAP - 2) if number else "")
        shown.append(f"{'* ' if changed else '  '}{text}", STRONG if changed else "")
    return shown


def _two(reel: Reel, index: int) -> tuple[Moment, Moment]:
    """How everything stood before a screen, and how it stands on it; what is summed up changes nothing."""
    after = reel.beat(index).after
    if index >= reel.last or reel.beat(index).kind in (SETUP, GAP):
        return after, after
    return (reel.beats[index - 1].after if index else Moment(after.step, {}, {}, {})), after


def _locks(moment: Moment) -> dict[str, str]:
    """For every lock that is held or wanted, by whom."""
    wanted: dict[str, list[str]] = {}
    for thread, stands in moment.threads.items():
        if stands.lock and stands.doing == WAITING:
            wanted.setdefault(stands.lock, []).append(thread)
    found = {}
    for name in {*moment.held, *wanted}:
        holder, waiters = moment.held.get(name, ""), wanted.get(name, [])
        text = f"held by {holder}" if holder else "free"
        if waiters == [holder]:
            text = f"{holder}, who took it, waits for another to release it"
        elif waiters:
            text += f", {', '.join(waiters)} {'waits' if len(waiters) == 1 else 'wait'} for it"
        found[name] = text
    return found
