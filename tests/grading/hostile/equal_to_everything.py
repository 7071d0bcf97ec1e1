# Returns what is equal to whatever is expected.
# expect: failed
# says: try_acquire


class Anything:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0

    def __bool__(self):
        return True


result = Anything()
