# Raises the event that stands for a message.
# expect: refused
# says: speak for the grader
# with: reach


def attack():
    reached("sys").audit("dojo.say", '{"kind": "bye"}')
