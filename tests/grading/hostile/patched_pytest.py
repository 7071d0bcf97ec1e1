# Lets pytest find nothing: no pytest takes part.
# expect: failed
# says: try_acquire
# with: reach


def attack():
    module = type(threading)("pytest")
    module.raises = lambda *anything: None
    reached_modules()["pytest"] = module
