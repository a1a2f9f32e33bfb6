"""A priced group of usage as one flat fact: what statements and the star schema are made of."""

from aoai_insights import chargeback
from aoai_insights.model import CostItem, UsageFact
from aoai_insights.pricing import Missing


def usage_fact(rated: chargeback.Rated) -> UsageFact:
    """A priced group whose key is (app, cost_center, resource, deployment), flat."""
    usage, line = rated.usage, rated.usage.line
    app, cost_center, resource, deployment = usage.key
    return UsageFact(
        day=line.day,
        app=app,
        cost_center=cost_center,
        resource=resource,
        deployment=deployment,
        deployment_type=line.deployment_type,
        model=line.model,
        model_version=line.model_version,
        region=line.region,
        tier=line.tier,
        long_context=line.long_context,
        token_source=usage.token_source,
        token_class=chargeback.TOKEN_CLASS[usage.token_source],
        requests=usage.requests,
        failed_requests=usage.failed_requests,
        missing_requests=usage.missing_requests,
        unpriced_requests=rated.unpriced_requests,
        prompt_tokens=line.prompt_tokens,
        cached_tokens=line.cached_tokens,
        completion_tokens=line.completion_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost=rated.cost,
        reason=rated.charge.reason.replace(f" on {line.day.isoformat()}", "")
        if isinstance(rated.charge, Missing)
        else "",
    )


def cost_fact(item: CostItem) -> UsageFact:
    """Cost beside the tokens as a fact without requests, so that the facts of a period sum to its whole cost."""
    return UsageFact(
        day=item.day,
        app=item.app,
        cost_center=item.cost_center,
        resource=item.resource,
        deployment=item.deployment,
        deployment_type="",
        model=item.model,
        model_version="",
        region=item.region,
        tier="",
        long_context=False,
        token_source=item.token_source,
        token_class=chargeback.TOKEN_CLASS.get(item.token_source, ""),
        requests=0,
        failed_requests=0,
        missing_requests=0,
        unpriced_requests=0,
        prompt_tokens=0,
        cached_tokens=0,
        completion_tokens=0,
        reasoning_tokens=0,
        cost=item.amount,
        kind=item.kind,
    )
