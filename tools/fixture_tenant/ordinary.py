"""The quiet part of the month: a nightly embedding job, and eight calls on each working day."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from fixture_tenant.tenant import (
    EMBED,
    GPT_4O_SWEDEN,
    GPT_4O_US,
    GPT_5_MINI,
    GPT_41_MINI,
    MINI,
    Call,
    Deployment,
    Logged,
    claims,
    marketing,
    notebooks,
    reports,
    search,
    support,
    unclaimed,
)
from fixture_tenant.texts import NOTEBOOK_SYSTEM, TABLE_TALK

MISSING_DAY = 18
"""Nothing of this day was exported."""

HOURS = ((8, 15), (9, 14), (11, 16), (10, 13), (12, 15))
"""The two busy hours (UTC) of a working day, in turn."""

SLOW_HOURS = range(14, 17)
"""When eastus2 is slow: 14:00 to 17:00 UTC, the American morning."""

MS_PER_TOKEN = {"gpt-4o": 14, "gpt-4o-mini": 8, "gpt-4.1-mini": 9, "gpt-5-mini": 9}

Maker = Callable[..., dict[str, object]]
ROTA: tuple[tuple[Maker, Deployment, int, int], ...] = (
    # who, on which deployment, prompt tokens up to, completion tokens up to
    (support, GPT_4O_SWEDEN, 30_000, 300),
    (support, GPT_4O_US, 30_000, 300),
    (notebooks, MINI, 0, 0),
    (claims, GPT_41_MINI, 24_000, 80),
    (support, GPT_4O_US, 30_000, 300),
    (search, GPT_41_MINI, 90_000, 200),
    (reports, GPT_5_MINI, 120_000, 900),
    (support, GPT_4O_SWEDEN, 30_000, 300),
    (support, MINI, 20_000, 250),
    (reports, GPT_4O_US, 110_000, 700),
    (marketing, GPT_4O_US, 12_000, 400),
    (support, GPT_4O_SWEDEN, 30_000, 300),
    (notebooks, MINI, 0, 0),
    (reports, GPT_4O_SWEDEN, 110_000, 700),
    (unclaimed, MINI, 60_000, 500),
    (support, GPT_4O_US, 30_000, 300),
    (claims, GPT_41_MINI, 24_000, 80),
)


def ordinary_calls() -> Iterator[Call]:
    """Every call that is nobody's trap, in order of time."""
    random = Random(20261001)
    turn = 0
    for number in range(31):
        day = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=number)
        if day.day == MISSING_DAY:
            continue
        yield _nightly(day, random)
        if day.weekday() >= 5:
            continue
        for hour in HOURS[day.day % len(HOURS)]:
            for quarter in range(4):
                who, deployment, most_prompt, most_completion = ROTA[turn % len(ROTA)]
                offset = timedelta(hours=hour, minutes=15 * quarter, microseconds=int(random.random() * 840_000_000))
                yield _daytime(turn, day + offset, who, deployment, most_prompt, most_completion, random)
                turn += 1


def _nightly(day: datetime, random: Random) -> Call:
    tokens = 150_000 + int(random.random() * 100_000)
    moment = day + timedelta(hours=2, seconds=5, microseconds=int(random.random() * 40_000_000))
    return Call(
        name=f"nightly-{day:%d}", at=moment, deployment=EMBED, total_ms=2_400 + int(tokens * random.random() / 80),
        prompt=tokens, api="embeddings",
        logged=Logged(place={24: "capture", 25: "capture", 31: "csv"}.get(day.day, "blob")),
        **search(),
    )  # type: ignore[arg-type]  # fmt: skip


def _daytime(
    turn: int,
    moment: datetime,
    who: Maker,
    deployment: Deployment,
    most_prompt: int,
    most_completion: int,
    random: Random,
) -> Call:
    if who is notebooks:
        question, answer = TABLE_TALK[turn % len(TABLE_TALK)]
        prompt = 3 + (4 + NOTEBOOK_SYSTEM.tokens) + (4 + question.tokens)
        completion = answer.tokens + 1
        source = "body_usage"
        logged = Logged(
            messages=(("system", NOTEBOOK_SYSTEM), ("user", question)), answer=answer,
            request_body=True, response_body=True, llm="none",
        )  # fmt: skip
    else:
        prompt = most_prompt // 4 + int(random.random() * (most_prompt - most_prompt // 4))
        completion = most_completion // 5 + int(random.random() * (most_completion - most_completion // 5))
        source, logged = "llm_log", Logged()
    pace = 0.8 + 0.6 * random.random()
    if deployment.region == "eastus2" and moment.hour in SLOW_HOURS:
        pace *= 3
    total_ms = int((550 + prompt * 0.006 + completion * MS_PER_TOKEN[deployment.model]) * pace)
    return Call(
        name=f"day-{turn:03d}", at=moment, deployment=deployment, total_ms=total_ms, prompt=prompt,
        completion=completion, token_source=source, streamed=source == "llm_log" and turn % 3 == 0, logged=logged,
        **who(),
    )  # type: ignore[arg-type]  # fmt: skip
