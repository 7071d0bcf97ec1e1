# Returns a boolean by all appearances.
# expect: failed
# says: try_acquire


class Anything(int):
    __class__ = bool

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


result = Anything(1)
