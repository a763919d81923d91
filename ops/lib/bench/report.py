"""Turns samples into the table a person reads."""

from statistics import median

from . import cases


PEERS = ("nginx", "haproxy")


def ratios(samples, case, others=PEERS):
    """Per round: our CPU per request divided by that of the better of the others in the same round."""
    found = []
    for number in sorted({s.round for s in samples if s.case == case}):
        of = {s.candidate: s.cpu for s in samples if s.case == case and s.round == number}
        peers = [cpu for name, cpu in of.items() if name in others]
        if "ours" in of and peers:
            found.append(of["ours"] / min(peers))
    return found


def table(samples):
    """The lines to print, and the number of bars that were missed."""
    head = (f"{'case':<19}{'candidate':<10}{'us/req':>8}{'user':>7}{'sys':>7}{'ratio':>7}{'bar':>6} {'':<5}"
            f"{'req/s':>9}{'p50 us':>8}{'p99 us':>8}{'errors':>7}{'B/req':>7}{'others':>8}")
    lines, missed = [head, "-" * len(head)], 0
    for case in cases.ALL:
        mine = [s for s in samples if s.case == case.name]
        for name in dict.fromkeys(s.candidate for s in mine):
            of = [s for s in mine if s.candidate == name]
            ratio = bar = verdict = ""
            if name == "ours" and (found := ratios(samples, case.name)):
                value = median(found)
                passed = value <= case.bar
                missed += not passed
                ratio, bar, verdict = f"{value:.2f}", f"{case.bar:.2f}", "pass" if passed else "MISS"
            elif name == "earlier":
                ratio, bar = f"{median(ratios(samples, case.name, (name,))):.2f}", "ours"
            allocated = [s.allocated for s in of if s.allocated is not None]
            lines.append(
                f"{case.name:<19}{name:<10}{median(s.cpu for s in of):>8.2f}{median(s.user for s in of):>7.2f}"
                f"{median(s.system for s in of):>7.2f}{ratio:>7}{bar:>6} {verdict:<5}"
                f"{median(s.rate for s in of):>9.0f}{median(s.p50 for s in of):>8.0f}{median(s.p99 for s in of):>8.0f}"
                f"{sum(s.errors for s in of):>7}{f'{median(allocated):.1f}' if allocated else '-':>7}"
                f"{median(s.foreign for s in of):>8.0%}")
    small = {case.name for case in cases.ALL if case.kind == "http" and case.path in ("/100", "/10k")}
    user = [s.user for s in samples if s.candidate == "ours" and s.case in small]
    if user:
        passed = median(user) <= cases.USER_BAR
        missed += not passed
        lines += ["", f"user code of ours: {median(user):.2f} us per request over the small cases, "
                      f"bar {cases.USER_BAR} us: {'pass' if passed else 'MISS'}"]
    return lines, missed
