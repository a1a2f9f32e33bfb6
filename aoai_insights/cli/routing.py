"""aoai-insights routing: what each backend pool should be, and the pool as code."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.latency import Clock
from aoai_insights.cli.options import Format

if TYPE_CHECKING:
    from aoai_insights.pipeline.routing import RoutingAdvice

app = typer.Typer(help="What each backend pool should be, why, and the pool as code.", no_args_is_help=True)

PoolName = Annotated[str | None, typer.Option("--pool", metavar="NAME", help="Only this pool.")]
Percentile = Annotated[
    float, typer.Option("--percentile", min=1, max=99, help="The percentile to bring down: 95 or 50, say.")
]
Time = Annotated[Clock, typer.Option("--time", help="The time that is to be brought down.")]
Step = Annotated[
    float, typer.Option("--max-shift", min=1, max=100, help="At most so many percent of a pool's calls move at once.")
]
Least = Annotated[int, typer.Option("--min-calls", min=100, help="Answered calls that a backend needs to be judged.")]
Load = Annotated[
    float, typer.Option("--max-load", min=1, help="A busiest hour may become so many times what a backend has carried.")
]


class Code(StrEnum):
    """What a pool is emitted as."""

    BICEP = "bicep"
    TERRAFORM = "terraform"
    JSON = "json"


class Policy(StrEnum):
    """Policies that go with a pool."""

    BACKENDS = "backends"
    POOLS = "pools"


@app.command("advise")
def advise(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    pool: PoolName = None,
    percentile: Percentile = 95,
    clock: Time = Clock.END_TO_END,
    max_shift: Step = 20,
    min_calls: Least = 500,
    max_load: Load = 1.5,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Priorities and weights for each pool, each with its reason, and what they would have done to recorded calls.

    Pools are those of [[pools]]; without any, hosts that serve the same model, version and deployment name. Where
    backends do not differ beyond chance for the same calls, the advice is to change nothing.

    Example: aoai-insights routing advise --month last
    """
    from aoai_insights.cli import output, routing_tables

    advice, currency = _advice(
        month, since, until, last, pool, percentile, clock, max_shift, min_calls, max_load, config_file, store_file
    )
    whole = chosen in (Format.CSV, Format.PARQUET)
    table = routing_tables.advice_table(advice, whole=whole)
    output.show(table, routing_tables.advice_json(advice), currency, chosen, target)
    diagnostics.exit_for_days(advice.quality.coverage)


@app.command("emit")
def emit(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    pool: PoolName = None,
    percentile: Percentile = 95,
    clock: Time = Clock.END_TO_END,
    max_shift: Step = 20,
    min_calls: Least = 500,
    max_load: Load = 1.5,
    code: Annotated[Code, typer.Option("-f", "--format", help="What to write.")] = Code.BICEP,
    policy: Annotated[
        Policy | None,
        typer.Option("--policy", help="A policy instead: for gateways without pools, or to choose a pool by hour."),
    ] = None,
    pool_only: Annotated[
        bool, typer.Option("--pool-only", help="Refer to the backends that the gateway has, with their credentials.")
    ] = False,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """The advised pools as a template: backends with a circuit breaker, and the pool with priorities and weights.

    Logs hold no credentials: where backends carry some, give --pool-only, or add them to the template.

    Example: aoai-insights routing emit --month last --format bicep -o pool.bicep
    """
    from aoai_insights.cli import output
    from aoai_insights.errors import IncompleteError, UsageError
    from aoai_insights.routing import pool_policy, pool_template

    if policy is not None and pool_only:
        raise UsageError("--policy and --pool-only exclude each other", "leave one out")
    advice, _ = _advice(
        month, since, until, last, pool, percentile, clock, max_shift, min_calls, max_load, config_file, store_file
    )
    if not advice.advices:
        raise IncompleteError("no pool to emit: no two backends serve the same model, version and deployment name",
                              "name them under [[pools]]")  # fmt: skip
    pools = pool_template.templates(advice.advices, advice.urls)
    if policy is not None:
        names = {one.pool for one in advice.advices}
        if len(names) > 1:
            raise UsageError(f"a policy is for one pool, and there are {len(names)}", f"give --pool {min(names)}")
        text = pool_policy.smart_policy(pools) if policy is Policy.BACKENDS else pool_policy.profile_policy(pools)
    else:
        write = {Code.BICEP: pool_template.bicep, Code.TERRAFORM: pool_template.terraform,
                 Code.JSON: pool_template.arm_template}[code]  # fmt: skip
        text = write(pools, with_backends=not pool_only)
    for one in advice.advices:
        diagnostics.note(f"{one.pool}: {one.reason}")
    output.emit(text.encode(), Format.TABLE, target)
    diagnostics.exit_for_days(advice.quality.coverage)


def _advice(
    month: str | None, since: str | None, until: str | None, last: str | None, pool: str | None, percentile: float,
    clock: Clock, max_shift: float, min_calls: int, max_load: float, config_file: options.ConfigFile,
    store_file: options.StoreFile,
) -> "tuple[RoutingAdvice, str]":  # fmt: skip
    from aoai_insights.errors import UsageError
    from aoai_insights.pipeline.routing import advise_routing
    from aoai_insights.routing.backend_pool import Rules

    now = options.now()
    period = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    rules = Rules(percentile=percentile / 100, min_calls=min_calls, max_shift=max_shift / 100, max_load=max_load)
    advice = advise_routing(
        store, config, period, rules=rules, time=clock.value, now=now, prices=options.prices(config), only=pool
    )
    if pool is not None and not advice.advices:
        raise UsageError(f'no pool "{pool}"', "see: aoai-insights routing advise")
    return advice, config.currency
