"""Error helpers, solved differently: marks of private classes, and a generator that goes in level by level."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator


class PermanentError(Exception):
    """A mark: trying again cannot help."""

    error: Exception | None = None


class RetryableError(Exception):
    """A mark: trying again may help."""

    error: Exception | None = None


class _Wrapper(Exception):
    """Makes a mark say what the error behind it says, whenever it is asked."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.__cause__ = error

    def __str__(self) -> str:
        return str(self.error)


class _Permanent(_Wrapper, PermanentError):
    pass


class _Retryable(_Wrapper, RetryableError):
    pass


def permanent(error: Exception) -> PermanentError:
    """Mark an error as not worth repeating."""
    return error if _is_permanent_itself(_checked(error)) else _Permanent(error)


def retryable(error: Exception) -> RetryableError:
    """Mark an error as worth repeating."""
    return error if _is_retryable_itself(_checked(error)) else _Retryable(error)


def is_permanent(error: Exception) -> bool:
    """Tell whether the search from ``error`` leads to permanent."""
    return any(_is_permanent_itself(each) for each in _nearest_marks(_checked(error)))


def is_retryable(error: Exception) -> bool:
    """Tell whether the search from ``error`` leads to retryable."""
    marks = [_is_retryable_itself(each) for each in _nearest_marks(_checked(error))]
    return bool(marks) and all(marks)


def unwrap(error: Exception) -> Exception:
    """Take all marks off the top of an error."""
    inner = _checked(error)
    while inner is not None:
        error, inner = inner, getattr(inner, "error", None) if _is_marked(inner) else None
    return error


def _is_permanent_itself(error: BaseException) -> bool:
    return isinstance(error, PermanentError)


def _is_retryable_itself(error: BaseException) -> bool:
    return isinstance(error, RetryableError) and not isinstance(error, PermanentError)


def _is_marked(error: BaseException) -> bool:
    return isinstance(error, (PermanentError, RetryableError))


def _nearest_marks(error: BaseException) -> Iterator[BaseException]:
    """The first mark on each way inwards; any error is yielded, or gone through, once."""
    waiting = deque([error])
    known = {id(error)}
    all_of_them = [error]  # an id stands for an error for as long as that one lives
    while waiting:
        current = waiting.popleft()
        if _is_marked(current):
            yield current
            continue
        for each in _behind(current):
            if id(each) not in known:
                known.add(id(each))
                all_of_them.append(each)
                waiting.append(each)


def _behind(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        yield from error.exceptions
    if error.__cause__ is not None:
        yield error.__cause__
    elif error.__context__ is not None and not error.__suppress_context__:
        yield error.__context__


def _checked(error: Exception) -> Exception:
    if not isinstance(error, Exception):
        raise TypeError(f"an error is an instance of Exception, not {error!r}")
    return error
