"""Error helpers: mark an error as worth repeating or not, and find the mark again wherever the error ends up.

An error passes through many layers on its way to the one that decides whether to try again. Each of them may
raise its own ``from`` it, or put it into an ``ExceptionGroup`` with others. A mark has to survive all that:

    except ConnectionError as error: raise retryable(error)
    except ShopError as error: again = is_retryable(error)  # raised from the above, three layers further up

How a mark is found, which ``is_permanent`` and ``is_retryable`` have in common:

- An error is marked if it is an instance of ``PermanentError`` or ``RetryableError``, subclasses included; one
  that is both counts as permanent.
- The search goes from the outside in and begins at the error itself. A marked error ends it: what stands
  behind a mark is not looked at, so of several marks along a chain the nearest one wins.
- From an error without a mark it goes on to what is behind that error: to its ``__cause__`` or, where that is
  None, to its ``__context__``, unless ``__suppress_context__`` is set; and to every member, if it is an
  ``ExceptionGroup`` or a ``BaseExceptionGroup``. Errors that are no ``Exception`` are passed through too.
- Where the way forks like that, each way ends at its own nearest mark. If they differ, permanent wins,
  however near the others are: one part that cannot get better makes the whole not worth repeating.
- If no way leads to a mark, the error is neither permanent nor retryable.
- Errors are told apart by identity, whatever their ``__eq__`` says; they need be neither hashable nor true.
  Chains may be of any length, groups nested to any depth, and both may lead back to where they came from:
  each error is looked at once, so the time it takes grows with the number of errors, not of the ways to them.

Every function may be called from any thread, for the same error at the same time. None of them changes
anything about an error it is given: no attribute, no note, neither its ``__cause__`` nor its ``__context__``
nor its ``__traceback__``; the instance may be shared, and raised elsewhere this very moment. Nothing is
remembered between calls: an error that got another cause meanwhile is judged by that. An argument that is not
an instance of ``Exception`` raises TypeError: ``None``, classes, and ``KeyboardInterrupt`` and its like, which
are to be neither judged nor repeated.
"""

from __future__ import annotations

import time

# --- given ---


class PermanentError(Exception):
    """A mark: trying again cannot help. Subclasses may be raised in their own right.

    Attributes:
        error: the error behind the mark; None if this one was raised in its own right.
    """

    error: Exception | None = None


class RetryableError(Exception):
    """A mark: trying again may help. Subclasses may be raised in their own right.

    Attributes:
        error: the error behind the mark; None if this one was raised in its own right.
    """

    error: Exception | None = None


# --- end of given ---


def permanent(error: Exception) -> PermanentError:
    """Mark an error as not worth repeating.

    Args:
        error: any error, marked or not. It stays as it is.

    Returns:
        A new ``PermanentError``, whose ``error`` and ``__cause__`` both are ``error`` and whose ``str()`` says
        the same. An error that is permanent by its own class is returned itself: marking it once more would
        add nothing. Marks further inside do not matter, and an error marked as retryable gets the new mark on
        top, where it wins.

    Raises:
        TypeError: ``error`` is not an instance of ``Exception``.
    """
    _check_error(error)
    if isinstance(error, PermanentError):
        return error
    mark = PermanentError(error)  # an exception with one argument says what that says
    mark.error = mark.__cause__ = error
    return mark


def retryable(error: Exception) -> RetryableError:
    """Mark an error as worth repeating.

    Args:
        error: any error, marked or not. It stays as it is.

    Returns:
        A new ``RetryableError``, whose ``error`` and ``__cause__`` both are ``error`` and whose ``str()`` says
        the same. An error that is retryable by its own class, and not permanent as well, is returned itself.
        Marks further inside do not matter, and an error marked as permanent gets the new mark on top, where
        it wins.

    Raises:
        TypeError: ``error`` is not an instance of ``Exception``.
    """
    _check_error(error)
    if isinstance(error, RetryableError) and not isinstance(error, PermanentError):
        return error
    mark = RetryableError(error)
    mark.error = mark.__cause__ = error
    return mark


def is_permanent(error: Exception) -> bool:
    """Tell whether the search from ``error`` leads to permanent, by the rules at the top.

    Args:
        error: the error as it was caught.

    Returns:
        True or False; False as well for an error that no mark is to be found for.

    Raises:
        TypeError: ``error`` is not an instance of ``Exception``.
    """
    return _find_mark(error) is PermanentError


def is_retryable(error: Exception) -> bool:
    """Tell whether the search from ``error`` leads to retryable, by the rules at the top.

    Args:
        error: the error as it was caught.

    Returns:
        True or False; False as well for an error that no mark is to be found for.

    Raises:
        TypeError: ``error`` is not an instance of ``Exception``.
    """
    return _find_mark(error) is RetryableError


def unwrap(error: Exception) -> Exception:
    """Take all marks off the top of an error.

    Only the attribute ``error`` of a mark counts: its ``__cause__`` is another one after
    ``raise permanent(error) from other``.

    Args:
        error: the error as it was caught.

    Returns:
        The very instance that was marked, with its traceback, from behind any number of marks. An error
        without a mark at its top is returned itself, whatever it was raised from, and so is one that was
        raised in its own right, whose ``error`` is None.

    Raises:
        TypeError: ``error`` is not an instance of ``Exception``.
    """
    _check_error(error)
    while isinstance(error, PermanentError | RetryableError) and error.error is not None:
        error = error.error
    return error


def _find_mark(error: Exception) -> type[PermanentError | RetryableError] | None:
    _check_error(error)
    found: type[RetryableError] | None = None
    # By id: an error that is a dataclass equals others and has no hash. Kept alive here: another thread may
    # take one out of the chain meanwhile, and the id of an error that is gone may be given to a new one.
    seen: dict[int, BaseException] = {}
    ahead: list[BaseException] = [error]  # no recursion: a loop that never gives up makes long chains
    while ahead:
        current = ahead.pop()
        if isinstance(current, PermanentError):
            return PermanentError
        if isinstance(current, RetryableError):
            found = RetryableError  # but a permanent one may still be found on another way
            continue
        if id(current) in seen:
            continue
        seen[id(current)] = current
        behind = current.__cause__
        if behind is None and not current.__suppress_context__:
            behind = current.__context__
        if behind is not None:
            ahead.append(behind)
        if isinstance(current, BaseExceptionGroup):
            ahead.extend(current.exceptions)
    return found


def _check_error(error: Exception) -> None:
    if not isinstance(error, Exception):
        raise TypeError(f"error must be an instance of Exception, not {error!r}")


def main() -> None:
    """Place three orders, each tried up to three times, but only while that may help."""
    began = time.monotonic()

    def charge(card: str, attempt: int) -> str:
        if card == "expired":
            raise permanent(ValueError("the card has expired"))
        if card == "busy" and attempt < 3:
            raise retryable(ConnectionError("the bank does not answer"))
        if card == "unknown":
            raise LookupError("no such card")
        return "paid"

    def place(order: str, card: str, attempt: int) -> str:
        try:
            return charge(card, attempt)
        except Exception as error:
            # The next layer knows nothing about marks and buries them under an error of its own.
            raise ExceptionGroup(f"{order} failed", [RuntimeError("order rolled back"), error]) from error

    def describe(error: Exception) -> str:
        kind = "permanent" if is_permanent(error) else "retryable" if is_retryable(error) else "not marked"
        cause = error.__cause__
        assert isinstance(cause, Exception)
        return f"{type(error).__name__}, {kind}: {unwrap(cause)!r}"

    for order, card in (("order 1", "busy"), ("order 2", "expired"), ("order 3", "unknown")):
        for attempt in (1, 2, 3):
            outcome, again = "", False
            try:
                outcome = place(order, card, attempt)
            except Exception as error:
                outcome, again = describe(error), is_retryable(error)
            print(f"{time.monotonic() - began:5.2f} s  {order}, attempt {attempt}: {outcome}")
            if not again:
                break
            time.sleep(0.1)


if __name__ == "__main__":
    main()
