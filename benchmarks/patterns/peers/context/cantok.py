"""context: cantok's tokens."""

from __future__ import annotations

from cantok import SimpleToken


class Context(SimpleToken):
    """A token; its children are made with it as their parent."""

    raise_if_done = SimpleToken.check

    @staticmethod
    def background() -> Context:
        return Context()

    def with_cancel(self) -> Context:
        return Context(self)
