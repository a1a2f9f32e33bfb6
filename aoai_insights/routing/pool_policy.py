"""Policies beside a pool: for gateways that have no pools, and to choose between a pool's two profiles of hours.

Well-formed XML: C# in attributes is escaped, as API Management accepts it.
https://learn.microsoft.com/azure/api-management/retry-policy, .../set-backend-service-policy,
https://learn.microsoft.com/azure/api-management/api-management-policy-expressions (Random and LINQ are allowed)
"""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from aoai_insights.routing.pool_template import PoolTemplate

HOUR_OF_WEEK = "(((int)DateTime.UtcNow.DayOfWeek + 6) % 7) * 24 + DateTime.UtcNow.Hour"


def smart_policy(pools: Sequence[PoolTemplate]) -> str:
    """One pool as a policy: a weighted draw within each priority, and the next backend after 429 or 5xx."""
    order = quoteattr(_order_expression(pools))
    tries = max(len(pool.members) for pool in pools)
    current = '((string)context.Variables["backend-order"]).Split(\',\')[(int)context.Variables["backend-try"]]'
    failed = (
        "@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)"
        f' && (int)context.Variables["backend-try"] < {tries})'
    )
    return f"""<policies>
  <inbound>
    <base />
    <set-variable name="backend-order" value={order} />
    <set-variable name="backend-try" value="@(0)" />
  </inbound>
  <backend>
    <retry condition={quoteattr(failed)} count="{max(tries - 1, 1)}" interval="1" first-fast-retry="true">
      <set-backend-service backend-id={quoteattr(f"@({current})")} />
      <set-variable name="backend-try" value={quoteattr('@((int)context.Variables["backend-try"] + 1)')} />
      <forward-request buffer-request-body="true" buffer-response="false" />
    </retry>
  </backend>
  <outbound>
    <base />
  </outbound>
  <on-error>
    <base />
  </on-error>
</policies>
"""


def profile_policy(pools: Sequence[PoolTemplate]) -> str:
    """A fragment that sends a call to the pool of the hour; with one profile, to the one pool."""
    named = [pool for pool in pools if pool.hours]
    rest = next(pool for pool in pools if not pool.hours)
    if not named:
        return f"<fragment>\n  <set-backend-service backend-id={quoteattr(rest.name)} />\n</fragment>\n"
    whens = "".join(
        f"    <when condition={quoteattr(f'@({_contains(pool.hours)})')}>\n"
        f"      <set-backend-service backend-id={quoteattr(pool.name)} />\n    </when>\n"
        for pool in named
    )
    return (
        f"<fragment>\n  <choose>\n{whens}    <otherwise>\n"
        f"      <set-backend-service backend-id={quoteattr(rest.name)} />\n    </otherwise>\n  </choose>\n</fragment>\n"
    )


def _contains(hours: Sequence[int]) -> str:
    return f"new [] {{ {', '.join(map(str, hours))} }}.Contains({HOUR_OF_WEEK})"


def _order_expression(pools: Sequence[PoolTemplate]) -> str:
    """Backend ids in the order to try: by priority, and within one a draw without replacement by weight."""
    choice = _members(next(pool for pool in pools if not pool.hours))
    for pool in pools:
        if pool.hours:
            choice = f"{_contains(pool.hours)} ? {_members(pool)} : {choice}"
    return (
        f"@{{ var random = new Random(); var members = ({choice}).Split(';');"
        " return string.Join(\",\", members.Select(m => m.Split(':'))"
        ".OrderBy(m => int.Parse(m[0]))"
        ".ThenByDescending(m => Math.Pow(random.NextDouble(), 1.0 / int.Parse(m[1])))"
        ".Select(m => m[2])); }"
    )


def _members(pool: PoolTemplate) -> str:
    return '"' + ";".join(f"{m.priority}:{m.weight}:{m.backend_id}" for m in pool.members) + '"'
