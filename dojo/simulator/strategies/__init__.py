"""Scheduling strategies: small oracles that say where a run leaves the default order. One algorithm a file."""

from dojo.simulator.strategies.base import DEFAULT, DefaultOrder, Strategy
from dojo.simulator.strategies.exhaustive import Branches, Census, every_interleaving
from dojo.simulator.strategies.guided import Choice, Crossing, Followed, Guided
from dojo.simulator.strategies.pct import Pct
from dojo.simulator.strategies.random_walk import RandomWalk
from dojo.simulator.strategies.replay import Replay
from dojo.simulator.strategies.sticky import StickyWalk

__all__ = [
    "DEFAULT",
    "Branches",
    "Census",
    "Choice",
    "Crossing",
    "DefaultOrder",
    "Followed",
    "Guided",
    "Pct",
    "RandomWalk",
    "Replay",
    "StickyWalk",
    "Strategy",
    "every_interleaving",
]
