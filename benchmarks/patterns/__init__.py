"""What each kata's code does in practice, a file a kata, for whoever measures an implementation of it.

Every module has ``run(module, threads, operations) -> int``: it performs about so many typical operations on
real threads, against any module with the kata's names, and returns how many they were. ``operations`` are
performed by ``repeat`` or, to take the time of each, by a ``Timer`` given as ``perform``. Where operations
overlap, so that none has a time of its own, ``round_trips`` performs them one after another for a ``Timer``.

Some also have a standard piece of work for the simulator: ``scenario(sim)``, which ``SCENARIO`` describes in words.

``peers`` has what else does the same job, under the names of the kata. ``python -m benchmarks.patterns``
measures all of it.
"""
