"""Hidden properties of the kata ``error_helpers``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import expect
from dojo.checking.sim import Sim

PERMANENT, RETRYABLE, NOTHING = "permanent", "retryable", "nothing"
MARKS = st.sampled_from([PERMANENT, RETRYABLE])

# More than the stack is deep, and few enough for a search that takes many steps at each link.
LONG = 1_200


class OwnText(Exception):
    """Says something else than its arguments do."""

    def __str__(self) -> str:
        return f"error number {self.args[0]}"


class Same(Exception):
    """Equal to every other one, without a hash, and false: a dataclass that collects problems, with none yet."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same)

    def __len__(self) -> int:
        return 0


ORIGINALS: dict[str, Callable[[], Exception]] = {
    "a ValueError": lambda: ValueError("no such order"),
    "a KeyError": lambda: KeyError("order"),
    "an OSError": lambda: OSError(2, "no such file", "orders"),
    "an error without a message": lambda: ConnectionError(),
    "an error with a text of its own": lambda: OwnText(42),
    "an ExceptionGroup": lambda: ExceptionGroup("both failed", [ValueError("a"), KeyError("b")]),
}


def mark(sim: Sim, kind: str, error: Exception) -> Exception:
    """Have the kata mark an error."""
    marked: Exception = (sim.kata.permanent if kind == PERMANENT else sim.kata.retryable)(error)
    return marked


def judge(sim: Sim, error: Exception) -> str:
    """What the kata says of an error."""
    permanent, retryable = sim.kata.is_permanent(error), sim.kata.is_retryable(error)
    for name, answer in (("is_permanent", permanent), ("is_retryable", retryable)):
        assert type(answer) is bool, f"{name}() returns a bool, not {answer!r}"
    assert not (permanent and retryable), "an error is said to be permanent and retryable at once"
    return PERMANENT if permanent else RETRYABLE if retryable else NOTHING


def raised_from(error: BaseException, new: Exception | None = None) -> Exception:
    """A new error that was raised ``from`` another."""
    try:
        raise (RuntimeError("a layer further up") if new is None else new) from error
    except Exception as outer:
        return outer


def raised_while_handling(error: BaseException, *cause: BaseException | None) -> Exception:
    """A new error that was raised while another was handled; ``from`` something, if that is given."""
    try:
        try:
            raise error
        except BaseException:
            if cause:
                raise RuntimeError("raised meanwhile") from cause[0]
            raise RuntimeError("raised meanwhile")
    except Exception as outer:
        return outer


@prop(
    "a marked error is what its mark says",
    "Marked as permanent it is permanent and not retryable, and the other way round; unmarked it is neither.",
    given={"original": st.sampled_from(sorted(ORIGINALS)), "kind": MARKS},
)
def test_marked_is_what_it_says(sim: Sim, original: str, kind: str) -> None:
    error = ORIGINALS[original]()
    marked = mark(sim, kind, error)
    said = judge(sim, marked)
    assert said == kind, f"{original} was marked as {kind} and is said to be {said}"
    said = judge(sim, error)
    assert said == NOTHING, f"the original itself, {original}, bears no mark and is said to be {said}"


@prop(
    "a mark says what the original says, and leads to it",
    "`error` and `__cause__` of a new mark are the very instance that was marked; str() is the same.",
    given={"original": st.sampled_from(sorted(ORIGINALS)), "kind": MARKS},
)
def test_the_original_stays_reachable(sim: Sim, original: str, kind: str) -> None:
    error = ORIGINALS[original]()
    marked = mark(sim, kind, error)
    wanted = sim.kata.PermanentError if kind == PERMANENT else sim.kata.RetryableError
    assert isinstance(marked, wanted), f"{kind}() returned a {type(marked).__name__}, not a {wanted.__name__}"
    for name in ("error", "__cause__"):
        found = getattr(marked, name)
        assert found is error, (
            f"{name} of the mark is {found!r}, not the instance that was marked, {original}"
        )
    assert str(marked) == str(error), f"{original} says {str(error)!r}, its mark says {str(marked)!r}"


@prop(
    "a mark survives the layers above it",
    "However often an error is raised from a marked one, or while it is handled, the mark is found.",
    given={"kind": MARKS, "layers": st.lists(st.sampled_from(["from", "while"]), min_size=1, max_size=4)},
    examples=[{"kind": PERMANENT, "layers": ["from"]}, {"kind": RETRYABLE, "layers": ["while", "from"]}],
)
def test_survives_layers(sim: Sim, kind: str, layers: list[str]) -> None:
    error = mark(sim, kind, ValueError("original"))
    for layer in layers:
        error = raised_from(error) if layer == "from" else raised_while_handling(error)
    said = judge(sim, error)
    assert said == kind, (
        f"{len(layers)} layers ({', '.join(layers)}) above an error marked as {kind}: said to be {said}"
    )


@prop(
    "what an error was raised from counts, not what else was being handled",
    "With a `__cause__`, or with a context that `from None` suppresses, the `__context__` is not looked at.",
    given={"handled": MARKS, "cause": st.sampled_from(["None", "an unmarked error", PERMANENT, RETRYABLE])},
    examples=[{"handled": PERMANENT, "cause": "None"}, {"handled": PERMANENT, "cause": RETRYABLE}],
)
def test_cause_before_context(sim: Sim, handled: str, cause: str) -> None:
    behind: Exception | None = None
    if cause != "None":
        behind = LookupError("cause")
    if cause in (PERMANENT, RETRYABLE):
        behind = mark(sim, cause, LookupError("cause"))
    error = raised_while_handling(mark(sim, handled, ValueError("handled")), behind)
    said, wanted = judge(sim, error), cause if cause in (PERMANENT, RETRYABLE) else NOTHING
    assert said == wanted, (
        f"raised from {cause} while an error marked as {handled} was handled: said to be {said}, not {wanted}"
    )


@prop(
    "along a chain the nearest mark wins",
    "Whoever marks an error last knows best: the new mark goes on top, and what stands behind it stays as it was.",
    given={
        "chain": st.lists(
            st.sampled_from([PERMANENT, RETRYABLE, "an unmarked error"]), min_size=1, max_size=5
        )
    },
    examples=[{"chain": [PERMANENT, "an unmarked error", RETRYABLE]}, {"chain": [RETRYABLE, PERMANENT]}],
)
def test_nearest_mark_wins(sim: Sim, chain: list[str]) -> None:
    error: Exception = ValueError("original")
    nearest = NOTHING
    layers: list[tuple[Exception, str]] = []
    for layer in chain:
        if layer in (PERMANENT, RETRYABLE):
            error, nearest = mark(sim, layer, error), layer
        else:
            error = raised_from(error)
        layers.append((error, nearest))
    for number, (error, wanted) in reversed(list(enumerate(layers, 1))):
        said = judge(sim, error)
        assert said == wanted, (
            f"from the inside out: {', '.join(chain[:number])}; the nearest mark says {wanted}, not {said}"
        )


@prop(
    "a mark is found in every member of a group",
    "At whatever place, in groups inside groups, and under layers of its own.",
    given={
        "kind": MARKS,
        "place": st.integers(0, 2),
        "nested": st.integers(0, 2),
        "buried": st.booleans(),
    },
    examples=[
        {"kind": RETRYABLE, "place": 2, "nested": 0, "buried": False},
        {"kind": PERMANENT, "place": 0, "nested": 1, "buried": False},
        {"kind": PERMANENT, "place": 1, "nested": 0, "buried": True},
    ],
)
def test_members_of_groups(sim: Sim, kind: str, place: int, nested: int, buried: bool) -> None:
    error = mark(sim, kind, ValueError("marked"))
    if buried:
        error = raised_from(error)
    for _ in range(nested):
        error = ExceptionGroup("inner", [error])
    members: list[Exception] = [KeyError("a"), KeyError("b")]
    members.insert(place, error)
    group = ExceptionGroup("outer", members)
    said = judge(sim, raised_from(group))
    assert said == kind, (
        f"member {place + 1} of 3, {nested} groups further in, is marked as {kind}; "
        f"the group is said to be {said}"
    )


@prop(
    "what a group was raised from counts beside its members",
    "A group without a marked member is what its cause is; marks in both are weighed as those of members are.",
    given={"member": st.sampled_from([PERMANENT, RETRYABLE, NOTHING]), "cause": MARKS},
    examples=[{"member": NOTHING, "cause": RETRYABLE}, {"member": RETRYABLE, "cause": PERMANENT}],
)
def test_cause_of_a_group(sim: Sim, member: str, cause: str) -> None:
    inside: Exception = KeyError("member")
    if member != NOTHING:
        inside = mark(sim, member, inside)
    group = raised_from(mark(sim, cause, ValueError("cause")), ExceptionGroup("group", [inside]))
    wanted = PERMANENT if PERMANENT in (member, cause) else RETRYABLE
    said = judge(sim, group)
    assert said == wanted, (
        f"a group whose member says {member}, raised from an error that is {cause}: "
        f"said to be {said}, not {wanted}"
    )


@prop(
    "one permanent part makes the whole permanent",
    "Where the members of a group differ permanent wins, at whatever place and under however many layers.",
    given={"others": st.integers(1, 2), "place": st.integers(0, 2), "layers": st.integers(0, 2)},
    examples=[{"others": 1, "place": 0, "layers": 0}, {"others": 1, "place": 1, "layers": 2}],
)
def test_permanent_wins_in_a_group(sim: Sim, others: int, place: int, layers: int) -> None:
    error = mark(sim, PERMANENT, ValueError("hopeless"))
    for _ in range(layers):
        error = raised_from(error)
    members = [mark(sim, RETRYABLE, ConnectionError(str(number))) for number in range(others)]
    members.insert(place, error)
    said = judge(sim, ExceptionGroup("group", members))
    assert said == PERMANENT, (
        f"of {others + 1} members one is permanent, {layers} layers further in, and the others are retryable: "
        f"said to be {said}"
    )


TREES = st.recursive(
    st.sampled_from([NOTHING, PERMANENT, RETRYABLE]),
    lambda tree: st.one_of(
        st.tuples(st.sampled_from(["from", "while", "from None", "mark p", "mark r"]), tree).map(list),
        st.tuples(st.just("from while"), tree, tree).map(list),
        st.tuples(st.just("group"), st.lists(tree, min_size=1, max_size=3)).map(list),
        st.tuples(st.just("group from"), st.lists(tree, min_size=1, max_size=2), tree).map(list),
    ),
    max_leaves=6,
)


def grow(sim: Sim, tree: Any) -> Exception:
    """The error that a tree describes."""
    if isinstance(tree, str):
        return ValueError("leaf") if tree == NOTHING else mark(sim, tree, ValueError("leaf"))
    match tree:
        case ["from", inner]:
            return raised_from(grow(sim, inner))
        case ["while", inner]:
            return raised_while_handling(grow(sim, inner))
        case ["from None", inner]:
            return raised_while_handling(grow(sim, inner), None)
        case ["from while", cause, context]:
            return raised_while_handling(grow(sim, context), grow(sim, cause))
        case ["mark p" | "mark r" as kind, inner]:
            return mark(sim, PERMANENT if kind == "mark p" else RETRYABLE, grow(sim, inner))
        case ["group", members]:
            return ExceptionGroup("group", [grow(sim, each) for each in members])
        case ["group from", members, cause]:
            group = ExceptionGroup("group", [grow(sim, each) for each in members])
            return raised_from(grow(sim, cause), group)
    raise ValueError(tree)


def marks_in(tree: Any) -> set[str]:
    """The marks at the ends of all ways into a tree: what the docstring says, in its own words."""
    if isinstance(tree, str):
        return {tree} - {NOTHING}
    match tree:
        case ["from" | "while", inner] | ["from while", inner, _]:
            return marks_in(inner)
        case ["mark p" | "mark r" as kind, _]:
            return {PERMANENT if kind == "mark p" else RETRYABLE}
        case ["group", members]:
            return set().union(*map(marks_in, members))
        case ["group from", members, cause]:
            return set().union(*map(marks_in, members), marks_in(cause))
    return set()


def in_words(tree: Any) -> str:
    """A tree for the reader of a failure."""
    if isinstance(tree, str):
        return "an unmarked error" if tree == NOTHING else f"one marked {tree}"
    match tree:
        case ["from", inner]:
            return f"one raised from ({in_words(inner)})"
        case ["while", inner]:
            return f"one raised while handling ({in_words(inner)})"
        case ["from None", inner]:
            return f"one raised from None while handling ({in_words(inner)})"
        case ["from while", cause, context]:
            return f"one raised from ({in_words(cause)}) while handling ({in_words(context)})"
        case [kind, inner] if kind != "group":
            return f"({in_words(inner)}) marked {PERMANENT if kind == 'mark p' else RETRYABLE}"
        case ["group", members]:
            return f"a group of ({'; '.join(map(in_words, members))})"
        case _:
            members = "; ".join(map(in_words, tree[1]))
            return f"a group of ({members}) raised from ({in_words(tree[2])})"


@prop(
    "the rules hold for every tangle of errors",
    "Causes, contexts, groups and marks in any combination: each way ends at its first mark, permanent wins.",
    given={"trees": st.lists(TREES, min_size=1, max_size=20)},
    examples=[
        {"trees": [["group", [["from", PERMANENT], RETRYABLE]], ["group", [RETRYABLE, ["from", PERMANENT]]]]},
        {"trees": [["group", [["mark r", PERMANENT], ["from", ["group from", [NOTHING], RETRYABLE]]]]]},
    ],
    workloads=15,
)
def test_any_tangle(sim: Sim, trees: list[Any]) -> None:
    for tree in trees:
        ends = marks_in(tree)
        wanted = PERMANENT if PERMANENT in ends else RETRYABLE if RETRYABLE in ends else NOTHING
        said = judge(sim, grow(sim, tree))
        assert said == wanted, f"said to be {said}, not {wanted}: {in_words(tree)}"


@prop(
    "errors that are no Exception are passed through",
    "A KeyboardInterrupt in between, or a group that has one among its members, does not hide a mark.",
    given={"kind": MARKS, "how": st.sampled_from(["cause", "group"])},
)
def test_interrupts_in_between(sim: Sim, kind: str, how: str) -> None:
    marked = mark(sim, kind, ValueError("marked"))
    between: BaseException
    if how == "cause":
        between = KeyboardInterrupt()
        between.__cause__ = marked
    else:
        between = BaseExceptionGroup("stopped", [KeyboardInterrupt(), marked])
    said = judge(sim, raised_from(between))
    what = "a KeyboardInterrupt raised from" if how == "cause" else "a BaseExceptionGroup with"
    assert said == kind, f"behind {what} an error marked as {kind}: said to be {said}"


@prop(
    "a chain that bites its own tail ends the search",
    "`raise error from error`, two errors that name each other, a member whose context is its group.",
    given={
        "shape": st.sampled_from(["itself", "two", "tail", "group"]),
        "kind": st.sampled_from([NOTHING, PERMANENT, RETRYABLE]),
        "first": st.booleans(),
    },
    examples=[
        {"shape": "itself", "kind": NOTHING, "first": True},
        {"shape": "tail", "kind": NOTHING, "first": True},
        {"shape": "two", "kind": RETRYABLE, "first": False},
        {"shape": "two", "kind": RETRYABLE, "first": True},
        {"shape": "group", "kind": PERMANENT, "first": False},
        {"shape": "group", "kind": PERMANENT, "first": True},
    ],
)
def test_cycles(sim: Sim, shape: str, kind: str, first: bool) -> None:
    errors = [RuntimeError(str(number)) for number in range(3)]
    members = [errors[0]] if kind == NOTHING else [errors[0], mark(sim, kind, ValueError("marked"))]
    group = ExceptionGroup("group", members[::-1] if first else members)
    if shape == "itself":
        errors[0].__cause__ = errors[0]
    elif shape == "two":
        errors[0].__cause__, errors[1].__context__ = errors[1], errors[0]
    elif shape == "tail":
        errors[0].__context__, errors[1].__context__, errors[2].__cause__ = errors[1], errors[2], errors[1]
    else:
        errors[0].__context__ = group
    said = judge(sim, group)
    assert said == kind, f"beside a cycle ({shape}) the mark of a group says {kind}, not {said}"
    said, wanted = judge(sim, errors[0]), kind if shape == "group" else NOTHING
    assert said == wanted, f"an error in a cycle ({shape}) is said to be {said}, not {wanted}"


@prop(
    "an error that many ways lead to is looked at once",
    "14 groups, one in the other, each naming the next one twice: 14 errors, but 16,384 ways.",
    given={"kind": st.sampled_from([NOTHING, RETRYABLE])},
)
def test_every_error_once(sim: Sim, kind: str) -> None:
    error: Exception = ValueError("inmost")
    if kind != NOTHING:
        error = raised_from(mark(sim, kind, error))
    for _ in range(14):
        error = ExceptionGroup("twice", [error, error])
    said = judge(sim, error)
    assert said == kind, f"what all 16,384 ways lead to is {kind}; the whole is said to be {said}"


@prop(
    "a chain may be longer than the stack is deep",
    f"{LONG:,} errors, each raised while the last was handled, or as many groups or marks around one another.",
    max_steps=1_000_000,
)
def test_long_chains(sim: Sim) -> None:
    chain = mark(sim, RETRYABLE, ValueError("inmost"))
    groups: Exception = ValueError("inmost")
    marks = original = ValueError("original")
    for number in range(LONG):
        outer = RuntimeError(str(number))
        outer.__context__ = chain
        chain, groups = outer, ExceptionGroup("group", [groups])
        marks = mark(sim, RETRYABLE if number % 2 else PERMANENT, marks)
        sim.sleep(1)  # for the watchdog: thousands of steps without any waiting look like an endless loop
    for name, error, wanted in (
        ("is_retryable", chain, True),
        ("is_permanent", chain, False),
        ("is_retryable", groups, False),
    ):
        answer = getattr(sim.kata, name)(error)
        what = f"{LONG} errors above one that is retryable" if error is chain else f"{LONG} groups, no mark"
        assert answer is wanted, f"{what}: {name}() says {answer}"
        sim.sleep(1)
    assert sim.kata.unwrap(marks) is original, f"unwrap() did not get behind {LONG} marks"


@prop(
    "only identity tells errors apart",
    "An error may define __eq__ and have no hash, as a dataclass does, and with a __len__ it may be false.",
    given={"kind": MARKS, "grouped": st.booleans()},
)
def test_identity_not_equality(sim: Sim, kind: str, grouped: bool) -> None:
    inner = raised_from(mark(sim, kind, ValueError("marked")), Same("inner"))
    error = ExceptionGroup("group", [Same("a"), inner]) if grouped else raised_from(inner, Same("outer"))
    said = judge(sim, error)
    assert said == kind, (
        f"behind two errors that equal each other there is one marked {kind}: said to be {said}"
    )
    found = sim.kata.unwrap(mark(sim, kind, inner))
    assert found is inner, f"unwrap() gave {found!r} and not the error that was marked, which is false"


@prop(
    "marking twice adds nothing",
    "An error that bears the mark already is returned as it is; one that only has a mark behind it is not.",
    given={"kind": MARKS, "what": st.sampled_from(["mark", "own class", "behind"])},
)
def test_idempotent(sim: Sim, kind: str, what: str) -> None:
    error = mark(sim, kind, ValueError("original"))
    if what == "own class":
        base: Any = sim.kata.PermanentError if kind == PERMANENT else sim.kata.RetryableError
        error = type("QuotaUsedUp", (base,), {})("quota used up")
    elif what == "behind":
        error = raised_from(error)
    again = mark(sim, kind, error)
    if what != "behind":
        assert again is error, f"{kind}() of an error that is marked so already made a new mark"
        return
    assert again is not error, f"{kind}() of an error that has a mark behind it only returned it unmarked"
    assert sim.kata.unwrap(again) is error, "unwrap() did not give back the very error that was marked"


@prop(
    "a subclass of a mark is a mark",
    "Errors of the user's own classes count when raised in their own right; one that is both is permanent.",
    given={"kind": st.sampled_from([PERMANENT, RETRYABLE, "both"]), "layers": st.integers(0, 1)},
    examples=[{"kind": "both", "layers": 0}],
)
def test_subclasses(sim: Sim, kind: str, layers: int) -> None:
    permanent, retryable = sim.kata.PermanentError, sim.kata.RetryableError
    if kind == "both":
        bases: tuple[type, ...] = (retryable, permanent)
    else:
        bases = (permanent if kind == PERMANENT else retryable, LookupError)
    original = error = type("QuotaUsedUp", bases, {})("quota used up")
    # Its own class speaks for it, whatever it was raised from.
    other = RETRYABLE if kind == PERMANENT else PERMANENT
    error.__cause__ = mark(sim, other, ValueError("cause"))
    for _ in range(layers):
        error = raised_from(error)
    wanted = RETRYABLE if kind == RETRYABLE else PERMANENT
    said = judge(sim, error)
    assert said == wanted, f"{layers} layers above a subclass of the mark {kind}: said to be {said}"
    assert sim.kata.unwrap(original) is original, "unwrap() took apart an error raised in its own right"
    if kind == "both":
        said = judge(sim, sim.kata.retryable(original))
        assert said == RETRYABLE, f"an error of both kinds was marked as retryable and is said to be {said}"


@prop(
    "unwrap() gives back what was marked",
    "Whatever a mark was raised from; an error without a mark on top is returned itself.",
    given={
        "marks": st.lists(MARKS, max_size=3),
        "then": st.sampled_from(["nothing", "from None", "from other", "layer"]),
    },
    examples=[{"marks": [PERMANENT], "then": "from other"}, {"marks": [RETRYABLE], "then": "layer"}],
)
def test_unwrap(sim: Sim, marks: list[str], then: str) -> None:
    original = error = raised_from(KeyError("further down"), ValueError("original"))
    trace = original.__traceback__
    for kind in marks:
        error = mark(sim, kind, error)
    if then == "layer":
        original = error = raised_from(error)
        trace = error.__traceback__
    elif then != "nothing" and marks:
        other = None if then == "from None" else OSError("other")
        try:
            raise error from other
        except Exception as caught:
            error = caught
    found = sim.kata.unwrap(error)
    what = f"{len(marks)} marks" + ("" if then == "nothing" else f", then {then}")
    assert found is original, f"unwrap() gave {found!r} instead of {original!r} ({what})"
    assert found.__traceback__ is trace, f"unwrap() changed the traceback ({what})"


def looks(error: BaseException) -> list[object]:
    """Everything about an error that somebody could change."""
    names = ("args", "__cause__", "__context__", "__suppress_context__", "__traceback__")
    return [*(getattr(error, name) for name in names), dict(vars(error))]


@prop(
    "nothing is changed about a shared error",
    "One instance may be marked in several threads at once, and nobody else who has it notices.",
    given={"kinds": st.lists(MARKS, min_size=2, max_size=2), "layered": st.booleans()},
    examples=[{"kinds": [PERMANENT, RETRYABLE], "layered": True}],
    stalls=True,
)
def test_shared_error_stays_as_it_is(sim: Sim, kinds: list[str], layered: bool) -> None:
    shared = raised_while_handling(LookupError("handled"))
    chain = [shared, shared.__context__]
    before = [looks(error) for error in chain if error is not None]

    def unchanged(when: str) -> None:
        now = [looks(error) for error in chain if error is not None]
        for old, new in zip(before, now, strict=True):
            assert old == new, f"{when}: the shared error was {old} and is {new}"

    def work(kind: str) -> None:
        said = judge(sim, shared)
        assert said == NOTHING, f"the shared error bears no mark and is said to be {said}"
        error = mark(sim, kind, shared)
        if layered:
            error = raised_from(error)
        said = judge(sim, error)
        assert said == kind, f"marked as {kind} in one thread of two, it is said to be {said} there"
        if not layered:
            assert sim.kata.unwrap(error) is shared, "unwrap() did not give back the shared instance"

    tasks = [sim.spawn(work, kind) for kind in kinds]
    watcher = sim.spawn(unchanged, "while it is marked and judged", name="watcher")
    sim.join(*tasks, watcher)
    unchanged("after it was marked and judged")


@prop(
    "threads may judge the same error at the same time",
    "A search leaves no traces that another one, over the same chain, could take for its own.",
    given={"kind": MARKS, "cyclic": st.booleans()},
    examples=[{"kind": PERMANENT, "cyclic": False}],
    stalls=True,
)
def test_judged_by_several_threads(sim: Sim, kind: str, cyclic: bool) -> None:
    inner = raised_from(mark(sim, kind, ValueError("marked")))
    shared = raised_from(inner)
    if cyclic:
        shared = ExceptionGroup("group", [shared, inner])
        inner.__context__ = shared  # hidden by its cause, as are all contexts of errors with one
    ask = sim.kata.is_permanent if kind == PERMANENT else sim.kata.is_retryable
    answers: list[bool] = sim.join(*[sim.spawn(ask, shared) for _ in range(2)])
    assert answers == [True, True], f"of one error, marked as {kind}, two threads are told {answers}"


@prop(
    "an error is judged by what it is now",
    "One that gets another cause after it was judged is judged by that; nothing is remembered.",
    given={"kind": MARKS, "before": st.sampled_from([NOTHING, PERMANENT, RETRYABLE])},
)
def test_nothing_is_remembered(sim: Sim, kind: str, before: str) -> None:
    error: Exception = RuntimeError("raised again and again")
    if before != NOTHING:
        error = raised_from(mark(sim, before, ValueError("first cause")), error)
    said = judge(sim, error)
    assert said == before, f"raised from an error that says {before} it is said to be {said}"
    error = raised_from(mark(sim, kind, ValueError("cause")), error)
    said = judge(sim, error)
    assert said == kind, f"raised anew, from an error marked as {kind}, it is said to be {said}"


@prop(
    "a loop that goes by the marks tries as often as it should",
    "It goes on while an error is retryable and stops at the first that is not, under any number of layers.",
    given={
        "outcomes": st.lists(st.sampled_from([RETRYABLE, NOTHING, PERMANENT, "ok"]), max_size=3),
        "layers": st.integers(0, 2),
    },
    examples=[{"outcomes": [NOTHING], "layers": 0}, {"outcomes": [RETRYABLE, PERMANENT], "layers": 1}],
)
def test_a_loop_by_the_marks(sim: Sim, outcomes: list[str], layers: int) -> None:
    # Every thread raises these very instances, as one does with errors that are made in advance.
    shared = [ConnectionError(str(number)) for number in range(len(outcomes))]

    def attempt(number: int, depth: int) -> None:
        if depth:
            try:
                attempt(number, depth - 1)
            except Exception as error:
                raise RuntimeError(f"layer {depth}") from error
        elif number < len(outcomes) and outcomes[number] != "ok":
            if outcomes[number] == NOTHING:
                raise shared[number]
            raise mark(sim, outcomes[number], shared[number]) from shared[number]

    def loop() -> tuple[int, Exception | None]:
        number = 0
        while True:
            try:
                attempt(number, layers)
                return number + 1, None
            except Exception as error:
                if not sim.kata.is_retryable(error):
                    return number + 1, sim.kata.unwrap(error)
            sim.sleep(1)
            number += 1

    last = next((n for n, outcome in enumerate(outcomes) if outcome != RETRYABLE), len(outcomes))
    fails = last < len(outcomes) and outcomes[last] != "ok"
    for tries, error in sim.join(sim.spawn(loop), sim.spawn(loop)):
        assert tries == last + 1, f"attempts that end with {outcomes}: {tries} were made, not {last + 1}"
        assert (error is not None) == fails, (
            f"attempts that end with {outcomes}: the loop ended with {error!r}"
        )
        if fails and not layers:
            assert error is shared[last], f"unwrap() gave {error!r}, not the instance that was marked"
    assert sim.now == last, f"{last} pauses of 1 s took {sim.now} s"


@prop(
    "bad arguments are refused at the call that got them",
    "What is not an instance of Exception raises TypeError: None, a class, a text, a KeyboardInterrupt.",
)
def test_bad_arguments(sim: Sim) -> None:
    group = BaseExceptionGroup("group", [KeyboardInterrupt()])
    values = (
        None,
        "error",
        3,
        ValueError,
        sim.kata.PermanentError,
        KeyboardInterrupt(),
        SystemExit(1),
        group,
    )
    for name in ("permanent", "retryable", "is_permanent", "is_retryable", "unwrap"):
        for value in values:
            expect(
                TypeError, lambda name=name, value=value: getattr(sim.kata, name)(value), f"{name}({value!r})"
            )
