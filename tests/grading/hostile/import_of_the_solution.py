# Imports the reference.
# expect: refused
# says: 'solutions' is not among the modules

from solutions.concurrency.semaphore import Semaphore as Reference
