# Hides one message in another that anybody may send.
# expect: refused
# says: speak for the grader
# with: reach


def attack():
    reached("sys").audit("dojo.say", '{"kind": "progress", "index": 0, "schedules": 1, "kind": "bye"}')
