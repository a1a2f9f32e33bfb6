"""Who pays: from what the logs know of a caller to an app and its cost centre.

Rules are tried in the order of the config; the first that matches on the day of the call wins. What no rule matches is
`UNALLOCATED`: a row like any other, never dropped.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aoai_insights.validity import spans

UNALLOCATED = "(unallocated)"
"""App and cost centre of a request that no rule claims."""


@dataclass(frozen=True, slots=True)
class CallerKey:
    """What the logs know of a caller; "" where they know nothing. Header names are lower case."""

    apim_subscription: str = ""
    product: str = ""
    entra_app: str = ""
    caller_ip: str = ""
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of `match`: every field that is set must hold. `header` is the lower-case name that carries `value`."""

    apim_subscription: str = ""
    product: str = ""
    entra_app: str = ""
    caller_ip: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    header: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class AppRule:
    """One [[apps]] entry: claims a caller when any condition holds, on the days it is valid (both inclusive)."""

    name: str
    cost_center: str
    conditions: tuple[Condition, ...]
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """`app` claims the caller from `first` to `last`, both inclusive."""

    app: str
    cost_center: str
    first: date
    last: date


def matches(condition: Condition, caller: CallerKey) -> bool:
    """Do all set fields of the condition hold? Azure's resource names and ids compare without regard to case."""
    if condition.apim_subscription and condition.apim_subscription.casefold() != caller.apim_subscription.casefold():
        return False
    if condition.product and condition.product.casefold() != caller.product.casefold():
        return False
    if condition.entra_app and condition.entra_app.casefold() != caller.entra_app.casefold():
        return False
    if condition.caller_ip is not None and not _within(caller.caller_ip, condition.caller_ip):
        return False
    return not condition.header or (caller.headers or {}).get(condition.header) == condition.value


def claims(caller: CallerKey, rules: Sequence[AppRule], first: date, last: date) -> list[Claim]:
    """Who claims the caller on each day from `first` to `last` (inclusive): segments in order, without a gap.

    Adjacent days with the same claimant are one segment, so a caller whose rules have no dates is one `Claim`.
    """
    candidates = [rule for rule in rules if any(matches(condition, caller) for condition in rule.conditions)]
    segments: list[Claim] = []
    for start, end in spans(candidates, first, last):
        winner = _winner(candidates, start)
        app, cost_center = (winner.name, winner.cost_center) if winner else (UNALLOCATED, UNALLOCATED)
        if segments and (segments[-1].app, segments[-1].cost_center) == (app, cost_center):
            segments[-1] = Claim(app, cost_center, segments[-1].first, end)
        else:
            segments.append(Claim(app, cost_center, start, end))
    return segments


def _winner(candidates: Sequence[AppRule], day: date) -> AppRule | None:
    """The first rule that is valid on the day; of several entries of that app, the one that began last.

    So an app that moved to another cost centre needs only a second entry with its `valid_from`.
    """
    valid = [rule for rule in candidates if _valid_on(rule, day)]
    if not valid:
        return None
    return max((rule for rule in valid if rule.name == valid[0].name), key=lambda rule: rule.valid_from or date.min)


def _valid_on(rule: AppRule, day: date) -> bool:
    return (rule.valid_from is None or rule.valid_from <= day) and (rule.valid_to is None or day <= rule.valid_to)


def _within(text: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    """Is the address inside the network? A masked or unreadable address is in none; a port behind it is ignored."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        host, colon, port = text.rpartition(":")
        if not (colon and port.isdigit()):
            return False
        try:
            address = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address) in network


def claimant(caller: CallerKey, rules: Sequence[AppRule], day: date) -> tuple[int, Condition] | None:
    """The entry (1 is the first of the config) that claims the caller on the day, and its condition that holds."""
    candidates = [rule for rule in rules if any(matches(condition, caller) for condition in rule.conditions)]
    winner = _winner(candidates, day)
    if winner is None:
        return None
    number = next(i for i, rule in enumerate(rules, 1) if rule is winner)
    return number, next(condition for condition in winner.conditions if matches(condition, caller))


def apps_on(rules: Sequence[AppRule], day: date) -> tuple[str, ...]:
    """The apps with an entry that is valid on the day, each once, in the order of the config."""
    return tuple(dict.fromkeys(rule.name for rule in rules if _valid_on(rule, day)))


def cost_center_on(rules: Sequence[AppRule], app: str, day: date) -> str:
    """The cost centre of an app on a day: of its entry that is valid then, else of the one that began last."""
    entries = [rule for rule in rules if rule.name == app]
    valid = [rule for rule in entries if _valid_on(rule, day)] or entries
    return max(valid, key=lambda rule: rule.valid_from or date.min).cost_center if valid else UNALLOCATED
