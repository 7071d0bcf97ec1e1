"""What else does a kata's job: each file gives a library, or a class of the standard one, the names of the kata.

As far as can be the names are mere aliases, so that a peer is not slowed down by being compared; a peer that is
meant to be used as a decorator is used as one. ``peers.toml`` lists them with what they promise.
"""
