"""The commands of ``grader.py``, a file each: arguments in, an exit code out."""
