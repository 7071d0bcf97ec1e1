"""A run as beats: a source line of one thread each, with what it did; what a thread has missed."""

from __future__ import annotations

from dojo.reports.film import READY, WAITING
from dojo.reports.timeline import words
from dojo.reports.timeline.beats import CLOCK, END, GAP, LINE, MOST, PREEMPT, SETUP, STALL, Effect, beats_of
from dojo.reports.timeline.glance import Glance, glances

from .runs import FILE, Tape, lost_update, waiting


def test_a_beat_is_a_line_of_one_thread() -> None:
    """The scene is one beat, a thread that only boots is none, and an end takes along what comes after it."""
    beats = beats_of(lost_update())
    assert [(beat.kind, beat.thread, beat.line) for beat in beats] == [
        (SETUP, "main", 5),
        (LINE, "main", 101),
        (LINE, "main", 102),
        (LINE, "one", 10),
        (PREEMPT, "one", 11),
        (LINE, "two", 10),
        (LINE, "two", 11),
        (END, "two", 11),
        (LINE, "one", 11),
        (END, "one", 11),
        (LINE, "main", 102),
        (END, "main", 102),
    ]
    assert beats[0].count == 3
    assert [effect.name for effect in beats[1].did("start")] == ["one", "two"]
    assert beats[6].effects == (Effect("write", "Counter.n", "0", "1"),)
    assert beats[9].did("wake")
    assert (beats[3].first, beats[3].last) == (15, 15)


def test_a_short_scene_is_left_as_it_is() -> None:
    """Two lines before the first start are no reason to hide them."""
    assert [beat.kind for beat in beats_of(waiting())][:2] == [LINE, LINE]


def test_a_scene_in_which_time_passes_is_one_beat_before_and_one_after() -> None:
    """The clock stays to be seen; so does the line that starts the first thread."""
    tape = Tape().add("main", "resume")
    for number in (3, 4, 5):
        tape.add("main", "store", number, "Breaker.n", str(number))
    tape.clock(1)
    for number in (6, 7, 8):
        tape.add("main", "store", number, "Breaker.n", str(number))
    tape.add("main", "start", 101, "one").add("one", "resume").add("one", "store", 9, "Breaker.n", "9")
    beats = beats_of(tape.steps)
    assert [(beat.kind, beat.line, beat.count) for beat in beats] == [
        (SETUP, 5, 3),
        (CLOCK, 0, 1),
        (SETUP, 8, 3),
        (LINE, 101, 1),
        (LINE, 9, 1),
    ]


def test_waits_split_a_line_and_jumps_of_the_clock_are_one() -> None:
    """After a wait the same line is a beat of its own; the clock says where it has come to."""
    beats = beats_of(waiting())
    kinds = [(beat.kind, beat.line, beat.now // 10**9) for beat in beats if beat.kind != LINE]
    assert kinds == [(CLOCK, 0, 2), (STALL, 8, 2), (CLOCK, 0, 3)]
    assert [beat.line for beat in beats if beat.thread == "other"] == [10, 10]


def test_the_threads_stand_as_the_film_says() -> None:
    """Who wants a lock waits until it is released; when the clock comes to a deadline, the sleeper is ready."""
    beats = beats_of(waiting())
    before, after = beats[3], next(beat for beat in beats if beat.kind == CLOCK)
    assert before.after.threads["other"].doing == WAITING
    assert before.after.threads["other"].lock == "Pool._lock"
    assert after.after.threads["main"].doing == READY


def test_a_line_that_goes_round_says_it_once() -> None:
    """Ten thousand reads of one line are one beat with one effect."""
    tape = Tape().add("main", "resume")
    for _ in range(10_000):
        tape.add("main", "loop", 3).add("main", "load", 3, "Spin.flag", "False")
    (beat,) = beats_of(tape.steps)
    assert beat.effects == (Effect("read", "Spin.flag", "", "False"),)
    assert beat.last == 20_001


def test_a_long_run_keeps_its_ends_and_its_turning_points() -> None:
    """What is left out of the middle is one beat that counts it."""
    tape = Tape().add("main", "resume")
    for number in range(5_000):
        tape.add("main", "load", 3 + number % 2, "Spin.n", str(number))
        if number == 2_500:
            tape.add("main", "preempt", 9)
    beats = beats_of(tape.steps)
    assert len(beats) <= MOST
    assert [beat.kind for beat in beats].count(GAP) == 2
    assert PREEMPT in [beat.kind for beat in beats]
    assert sum(beat.count for beat in beats) == 5_001
    assert beats[-1].last == 5_002
    assert not any(beat.effects for beat in beats if beat.kind == GAP)


def test_what_a_thread_has_missed() -> None:
    """The value read before the interruption is stale; back again, the thread is told what became of it."""
    beats = beats_of(lost_update())
    found = glances(beats)
    assert found[3] == Glance(stale=(("Counter.n", "0"),))
    assert found[8] == Glance(missed=(("Counter.n", "0", "1", "two"),))
    assert all(glance == Glance() for number, glance in enumerate(found) if number not in (3, 8))


def test_a_value_that_is_the_same_again_was_not_missed() -> None:
    """Nor is one that the thread itself has written since."""
    tape = Tape().add("one", "resume").add("one", "load", 3, "A.n", "0").add("two", "resume")
    tape.add("two", "store", 4, "A.n", "1").add("two", "store", 5, "A.n", "0").add("one", "resume")
    tape.add("one", "store", 6, "A.n", "2").add("two", "resume").add("two", "store", 7, "A.n", "3")
    tape.add("one", "resume").add("one", "load", 8, "A.n", "3")
    assert not any(glance.missed for glance in glances(beats_of(tape.steps)))


def test_the_words() -> None:
    """Sentence, effects and label of each kind of beat."""
    beats = beats_of(lost_update())
    found = glances(beats)
    said = [words.sentence(beat, FILE) for beat in beats]
    assert said[0] == "main sets the scene (3 lines, before there is another thread)"
    assert said[1] == "main runs line 101 of the property"
    assert said[4] == "The scheduler interrupts one at line 11, although it could go on"
    assert said[7] == "two ends"
    assert words.effects(beats[6]) == ["sets Counter.n: 0 → 1"]
    assert words.label(beats[3], found[3]) == "n is 0"
    assert words.label(beats[4], found[4]) == "interrupted"
    assert words.label(beats[6], found[6]) == "n = 1"
    assert words.label(beats[8], found[8]) == "now n is 1, n = 1"
    assert words.label(beats[0], found[0]) == ""


def test_a_notify_that_wakes_nobody_is_said() -> None:
    """It may be the lost wake-up."""
    beats = beats_of(waiting())
    said = {beat.line: words.effects(beat) for beat in beats if beat.thread == "main"}
    assert said[6] == ["calls Pool._ready.notify(), which wakes nobody"]
    assert said[7] == ["lets go of Pool._lock", "wakes other"]
    assert said[5] == ["waits: sleep() until 2 s"]


def test_what_would_hide_is_escaped() -> None:
    """Control characters and marks that turn the direction of writing are shown, line breaks kept."""
    assert words.clean("a\u202eb\x00\ud800\n\tc") == "a\\u202eb\\x00\\ud800\n\tc"
    assert words.clean("naïve → ok") == "naïve → ok"
