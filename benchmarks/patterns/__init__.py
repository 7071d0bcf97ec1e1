"""What each kata's code does in practice, a file a kata, for whoever measures an implementation of it.

Every module has ``run(module, threads, operations) -> int``: it performs about so many typical operations on
real threads, against any module with the kata's names, and returns how many they were. Some also have a
standard piece of work for the simulator: ``scenario(sim)``, which ``SCENARIO`` describes in words.
"""
