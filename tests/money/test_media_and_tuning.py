"""Statements of what is not chat text: images, speech, audio, fine-tuned models and the hours that host them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aoai_insights.model import Chargeback, Period

from .tenant import APPS, NOW, call, costs, statement

TUNED = "gpt-4.1-mini-2025-04-14.ft-0a1b2c"


def deployment(name: str, model: str, kind: str = "GlobalStandard", extra: str = "") -> str:
    return (
        f'[[deployments]]\nresource = "res-a"\ndeployment = "{name}"\ntype = "{kind}"\nmodel = "{model}"\n'
        f'region = "swedencentral"\n{extra}'
    )


def media(at: str, product: str, deployment: str, **told: Any) -> dict[str, Any]:
    """An image or audio call whose answer names no model."""
    usual = {"body_model": None, "cached_tokens": None, "body_source": "tokenized", "deployment": deployment}
    return call(at, product, 0, 0, **{**usual, **told})


def reasons(made: Chargeback) -> dict[str, tuple[str, int]]:
    return {item.model: (item.reason, item.requests) for item in made.quality.unpriced}


CONFIG = (
    APPS
    + deployment("draw", "dall-e-3", "Standard")
    + deployment("speak", "tts-hd")
    + deployment("hear", "whisper", "Standard")
    + deployment("paint", "gpt-image-1")
)


def test_images_characters_and_seconds_are_charged_by_their_own_meters(tmp_path: Path) -> None:
    calls = [
        media("2026-10-05T10:00", "a", "draw", api="images", images=3, image_grade="hd high"),
        media("2026-10-05T10:01", "a", "draw", api="images", images=1, image_grade="standard low"),
        media("2026-10-05T10:02", "b", "speak", api="audio", characters=4096),
        media("2026-10-05T10:03", "b", "hear", api="audio", audio_seconds=90, body_source="body_usage"),
    ]
    made = statement(tmp_path, calls, CONFIG, "app,model")
    # Regional in swedencentral since 2025-09-01: 14.52 and 4.84 a hundred images, 0.4356 an hour; Global 30 a million.
    assert costs(made) == {"a dall-e-3": "0.484", "b tts-hd": "0.12288", "b whisper": "0.01089"}
    assert (made.total.unpriced_requests, made.total.missing_requests) == (0, 0)
    assert made.quality.complete == made.quality.coverage.complete


def test_tokens_of_an_image_are_charged_apart_from_text(tmp_path: Path) -> None:
    call = media(
        "2026-10-05T10:00", "a", "paint", api="images", body_source="body_usage", prompt_tokens=500, completion_tokens=4160,
        image_prompt_tokens=488, audio_prompt_tokens=0, image_completion_tokens=4160,
    )  # fmt: skip
    # 12 text x 5 + 488 image x 10 + 4,160 x 40 a million
    assert costs(statement(tmp_path, [call], CONFIG)) == {"a": "0.17134"}


def priced(price: str, kind: str, scope: str = "global", extra: str = "") -> str:
    return f'\n[[prices]]\nkind = "{kind}"\nscope = "{scope}"\nprice = "{price}"\neffective_from = 2026-01-01\n{extra}'


OWN_PRICES = {
    "an image": (
        media("2026-10-05T10:00", "a", "draw", api="images", images=3, image_grade="hd high"), CONFIG,
        priced("0.05", "image", "regional", 'model = "dall-e-3"\ngrade = "hd high"'), "0.15"),
    "a million characters": (
        media("2026-10-05T10:02", "a", "speak", api="audio", characters=4000), CONFIG,
        priced("10", "speech", extra='model = "tts-hd"'), "0.04"),
    "an hour of audio": (
        media("2026-10-05T10:03", "a", "hear", api="audio", audio_seconds=90), CONFIG,
        priced("0.72", "transcription", "regional", 'model = "whisper"'), "0.018"),
    "tokens of a fine-tuned model, by its base": (
        call("2026-10-05T10:00", "a", 1000, 0, body_model="gpt-4.1-mini-2025-04-14.ft-0a1b2c", deployment="x"), APPS,
        priced("10", "ft_inference", extra='model = "gpt-4.1-mini"\ndirection = "input"'), "0.01"),
    "an hour of hosting": (
        call("2026-10-05T10:00", "a", 0, 0, deployment="own", body_model="gpt-4.1-mini-2025-04-14.ft-0a1b2c"),
        APPS + deployment("own", "gpt-4.1-mini-2025-04-14.ft-0a1b2c", extra='owner = "a"\n'),
        priced("1", "ft_hosting", extra='model = "gpt-4.1-mini"'), "744"),
    "a PTU-hour": (
        call("2026-10-05T10:00", "a", 10, 0, deployment="units"),
        APPS + deployment("units", "gpt-4o", "DataZoneProvisionedManaged", "ptu = 10\n"),
        priced("0.5", "ptu", "datazone"), "3720"),
}  # fmt: skip


@pytest.mark.parametrize(("used", "config", "price", "expected"), OWN_PRICES.values(), ids=OWN_PRICES.keys())
def test_a_price_of_the_config_goes_before_the_list_for(
    tmp_path: Path, used: dict[str, Any], config: str, price: str, expected: str
) -> None:
    made = statement(tmp_path, [used], config + price)
    assert costs(made) == {"a": expected}
    assert "1 prices of your config" in made.quality.price_book


def test_hours_alone_name_the_list_that_they_are_priced_by(tmp_path: Path) -> None:
    hosted = deployment("own", "gpt-4.1-mini-2025-04-14.ft-0a1b2c")
    units = deployment("units", "gpt-4o", "DataZoneProvisionedManaged", "ptu = 10\n")
    for entry in (hosted, units):
        assert statement(tmp_path, [], APPS + entry).quality.price_book.startswith("list prices read on 2026-")


def test_where_nothing_could_be_priced_a_price_was_needed(tmp_path: Path) -> None:
    unheard = media("2026-10-05T10:03", "b", "hear", api="audio", body_source="none")
    assert statement(tmp_path, [unheard], CONFIG).quality.price_book == "none applies"


UNMEASURED = {
    "draw": ("images", "the number, size and quality of its images"),
    "speak": ("audio", "the characters of its input"),
    "hear": ("audio", "the seconds of its audio"),
    "paint": ("images", "the tokens of the call"),
}


@pytest.mark.parametrize("name", UNMEASURED)
def test_what_no_log_says_is_counted_and_named(tmp_path: Path, name: str) -> None:
    api, missing = UNMEASURED[name]
    calls = [media(f"2026-10-05T10:0{i}", "a", name, api=api, body_source="none") for i in range(2)]
    made = statement(tmp_path, calls, CONFIG)
    ((reason, requests),) = reasons(made).values()
    assert missing in reason
    assert (requests, made.total.unpriced_requests, made.total.cost) == (2, 2, Decimal(0))


def test_text_and_audio_that_one_log_sums_are_not_priced_as_text(tmp_path: Path) -> None:
    one_sum = call("2026-10-05T10:00", "a", 1000, 100, body_model="gpt-audio-2025-08-28")
    told = call("2026-10-05T10:01", "a", 1000, 100, body_model="gpt-audio-2025-08-28", audio_prompt_tokens=900,
                audio_completion_tokens=80)  # fmt: skip
    made = statement(tmp_path, [one_sum, told], APPS)
    # 100 x 2.5 + 900 x 40 + 20 x 10 + 80 x 80 a million
    assert costs(made) == {"a": "0.04285"}
    assert "audio and text" in reasons(made)["gpt-audio"][0]


def test_cached_audio_has_its_own_price(tmp_path: Path) -> None:
    told = call(
        "2026-10-05T10:00", "a", 1000, 0, 600, body_model="gpt-realtime-mini-2025-10-06", audio_prompt_tokens=800,
        cached_audio_tokens=500, image_prompt_tokens=0, cached_image_tokens=0,
    )  # fmt: skip
    # 100 text x 0.6 + 100 cached text x 0.06 + 300 audio x 10 + 500 cached audio x 0.3 a million
    assert costs(statement(tmp_path, [told], APPS)) == {"a": "0.003216"}


def tuned(at: str, product: str, prompt: int, completion: int) -> dict[str, Any]:
    return call(at, product, prompt, completion, body_model=TUNED, deployment="own")


HOSTED = APPS + deployment("own", TUNED)


def test_a_fine_tuned_deployment_costs_by_the_hour_and_its_users_pay_by_their_tokens(tmp_path: Path) -> None:
    calls = [tuned("2026-10-05T10:00", "a", 1000, 500), tuned("2026-10-06T10:00", "b", 500, 0)]
    made = statement(tmp_path, calls, HOSTED)
    # 744 hours x 1.70 = 1264.80, 3 : 1; a: 1,000 x 0.4 + 500 x 1.6, b: 500 x 0.4 a million
    assert costs(made) == {"a": "948.6012", "b": "316.2002"}
    assert made.total.hosting_cost == Decimal("1264.8")
    assert any("744 hours of hosting" in rule and "1.7 USD an hour" in rule for rule in made.rules)


@pytest.mark.parametrize(
    ("extra", "kind", "expected"),
    [
        ('owner = "b"\n', "GlobalStandard", {"b": "1264.8"}),
        ("", "GlobalStandard", {"(idle)": "1264.8"}),
        ("", "DataZoneStandard", {"(idle)": "1264.8"}),
        ("", "DeveloperTier", {}),
        ("", "GlobalBatch", {}),
        ("valid_from = 2026-10-30\n", "GlobalStandard", {"(idle)": "81.6"}),
        ("valid_to = 2026-09-30\n", "GlobalStandard", {}),
    ],
    ids=["the owner pays", "idle hours stand as such", "in a data zone", "a Developer deployment has none",
         "batch has none", "from its first day", "gone before"],
)  # fmt: skip
def test_hours_that_nobody_called(tmp_path: Path, extra: str, kind: str, expected: dict[str, str]) -> None:
    assert costs(statement(tmp_path, [], APPS + deployment("own", TUNED, kind, extra))) == expected


def test_hours_after_now_are_not_charged_yet(tmp_path: Path) -> None:
    now = datetime(2026, 10, 2, 12, tzinfo=UTC)
    assert costs(statement(tmp_path, [], HOSTED, now=now)) == {"(idle)": "61.2"}


def test_a_fine_tuned_deployment_that_the_config_does_not_list_is_said_to_cost_more(tmp_path: Path) -> None:
    made = statement(tmp_path, [tuned("2026-10-05T10:00", "a", 1000, 500)], APPS)
    assert costs(made) == {"a": "0.0012"}
    assert "hosting hours" in reasons(made)[TUNED][0]
    assert not made.quality.complete


def test_hosting_without_a_price_is_unpriced(tmp_path: Path) -> None:
    config = APPS + deployment("own", "gpt-9-2027-01-01.ft-1")
    made = statement(tmp_path, [], config)
    assert (
        "fine-tuned gpt-9 2027-01-01 (global, swedencentral): hosting hours"
        in reasons(made)["gpt-9-2027-01-01.ft-1"][0]
    )
    assert made.total.cost == 0


def test_the_parts_of_a_day_are_a_third_of_a_price_that_three_do_not_divide(tmp_path: Path) -> None:
    period = Period(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC) + timedelta(hours=7))
    calls = [tuned("2026-10-05T01:00", product, 100, 0) for product in ("a", "b", "stranger")]
    made = statement(tmp_path, calls, HOSTED, period=period, now=NOW)
    assert sum((row.hosting_cost for row in made.rows), Decimal(0)) == made.total.hosting_cost == Decimal("11.9")
    assert len({row.hosting_cost for row in made.rows}) == 2


def test_the_assumed_type_of_a_deployment_that_speaks_is_said(tmp_path: Path) -> None:
    made = statement(tmp_path, [media("2026-10-05T10:02", "b", "tts", api="audio", characters=1_000_000)], APPS)
    assert costs(made) == {"b": "15"}
    assert any(
        "res-a/tts: no type in [[deployments]], priced as GlobalStandard" in said for said in made.quality.assumptions
    )
