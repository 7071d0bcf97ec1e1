# Replaces the method that decides.
# expect: refused
# says: has replaced dojo.checking.check._Campaign.verdict
# with: reach


def attack():
    campaign = reached("dojo.checking.check")._Campaign
    campaign.verdict = lambda self: self._result(reached("dojo.checking.verdict").Status.PASS)
