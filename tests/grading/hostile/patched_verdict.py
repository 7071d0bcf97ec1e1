# Replaces how a verdict is told.
# expect: refused
# says: has replaced dojo.checking.verdict.Verdict.to_json
# with: reach


def attack():
    verdict = reached("dojo.checking.verdict").Verdict
    told = verdict.to_json
    verdict.to_json = lambda self: {**told(self), "status": "pass"}
