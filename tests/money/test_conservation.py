"""Random tenants: whoever pays, the parts sum to what tokens, PTU-hours and shared costs come to, in any order of calls."""

import random
import tempfile
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aoai_insights.config import load_config
from aoai_insights.model import Chargeback
from aoai_insights.pipeline.figures import owner_figures
from aoai_insights.sources.prices import shipped_book

from .tenant import APPS, NOW, OCTOBER, PTU, call, fill, statement, write_config

CALLS = st.lists(
    st.builds(
        lambda day, hour, product, prompt, completion, cached, spilled, deployment: call(
            f"2026-10-{day:02}T{hour:02}:30", product, prompt, completion, min(cached, prompt), spilled_over=spilled,
            deployment=deployment,
        ),
        st.integers(1, 31), st.integers(0, 23), st.sampled_from(["a", "b", "stranger"]), st.integers(0, 10**6),
        st.integers(0, 10**5), st.integers(0, 10**6), st.booleans(), st.sampled_from(["chat", "standard", "unlisted"]),
    ),
    max_size=12, unique_by=lambda made: made["correlation_id"],
)  # fmt: skip
TUNED = "gpt-4.1-mini-2025-04-14.ft-0a1b2c"
MEDIA_CALLS = st.lists(
    st.builds(
        lambda day, product, served, sizes: call(
            f"2026-10-{day:02}T10:30", product, sizes[0] + sizes[1] + sizes[2], sizes[3] + sizes[4], sizes[1],
            deployment=served[0], api=served[1], body_model=served[2] or None,
            **served[3](*sizes),
        ),
        st.integers(1, 31), st.sampled_from(["a", "b", "stranger"]),
        st.sampled_from([
            ("draw", "images", "", lambda *n: {"prompt_tokens": 0, "completion_tokens": 0, "cached_tokens": 0,
                                               "body_source": "tokenized", "images": n[0], "image_grade": "hd low"}),
            ("speak", "audio", "", lambda *n: {"prompt_tokens": 0, "completion_tokens": 0, "cached_tokens": 0,
                                               "body_source": "tokenized", "characters": n[0]}),
            ("hear", "audio", "", lambda *n: {"prompt_tokens": 0, "completion_tokens": 0, "cached_tokens": 0,
                                              "body_source": "body_usage", "audio_seconds": n[0]}),
            ("hear", "audio", "", lambda *n: {"prompt_tokens": 0, "completion_tokens": 0, "body_source": "none"}),
            ("talk", "chat", "gpt-realtime-mini-2025-10-06", lambda *n: {
                "audio_prompt_tokens": n[1], "cached_audio_tokens": n[1], "audio_completion_tokens": n[3]}),
            ("talk", "chat", "gpt-realtime-mini-2025-10-06", lambda *n: {}),
            ("own", "chat", TUNED, lambda *n: {}),
        ]),
        st.tuples(*[st.integers(0, 10**5)] * 5),
    ),
    max_size=12, unique_by=lambda made: made["correlation_id"],
)  # fmt: skip
MEDIA_CONFIG = APPS + "".join(
    f'[[deployments]]\nresource = "res-a"\ndeployment = "{name}"\ntype = "Standard"\nmodel = "{model}"\n'
    'region = "swedencentral"\n'
    for name, model in (("draw", "dall-e-3"), ("speak", "tts"), ("hear", "whisper"), ("own", TUNED))
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(MEDIA_CALLS)
def test_images_speech_audio_and_hosting_are_neither_lost_nor_made(calls: list[dict[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        by_app = statement(folder, calls, MEDIA_CONFIG, "app,cost_center")
        fine = statement(folder, calls, MEDIA_CONFIG, "app,cost_center,model,region,deployment,day")
    hosting = Decimal("1.7") * 744
    for made in (by_app, fine):
        assert _sum(made) == made.total.cost
        assert sum((row.hosting_cost for row in made.rows), Decimal(0)) == made.total.hosting_cost == hosting
    assert by_app.total == fine.total
    assert by_app.total.requests == len(calls) == sum(row.requests for row in fine.rows)
    # Every call that has something to pay for is priced or counted as unpriced, and none is both.
    unpriced = sum(item.requests for item in by_app.quality.unpriced)
    assert unpriced == by_app.total.unpriced_requests
    unknown = [c for c in calls if c["body_source"] == "none" or (
        c["deployment"] == "talk" and "audio_prompt_tokens" not in c and c["prompt_tokens"] + c["completion_tokens"])]  # type: ignore[operator]
    assert unpriced == len(unknown)
    rungs = sum((share.cost for share in by_app.quality.token_sources), Decimal(0))
    assert rungs == by_app.total.cost - hosting


STANDARD = (
    PTU.replace("DataZoneProvisionedManaged", "DataZoneStandard").replace("ptu = 50\n", "").replace("chat", "standard")
)
CONFIGS = st.builds(
    lambda extra, policy, rule, currency: (
        f'currency = "{currency}"\n' + APPS + PTU + extra + STANDARD + f'[ptu]\npolicy = "{policy}"\n'
        + f'[[shared_costs]]\nname = "gateway"\namount = "1000.01"\nrule = {rule}\n'
        + '[[fx]]\nfrom = "USD"\nto = "EUR"\nrate = "0.9173"\neffective_from = 2026-10-01\nsource = "ECB"\n'
    ),
    st.sampled_from(["", 'owner = "a"\n', "reserved = {a = 7, b = 11}\n"]),
    st.sampled_from(["absorb", "used+idle", "entitlement"]),
    st.sampled_from(['"even"', '"proportional"', '"fixed"\nshares = {a = 33, b = 67}']),
    st.sampled_from(["USD", "EUR"]),
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(CALLS, CONFIGS, st.integers())
def test_nothing_is_lost_or_made(calls: list[dict[str, object]], config: str, seed: int) -> None:
    shuffled = list(calls)
    random.Random(seed).shuffle(shuffled)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        by_app = statement(folder, calls, config, "app,cost_center")
        again = statement(folder, shuffled, config, "app,cost_center")
        fine = statement(folder, calls, config, "app,cost_center,model,region,deployment,day")
        only_tokens = statement(folder, calls, config.replace("ptu = 50", "ptu = 0").split("[[shared")[0].replace(
            "reserved", "# reserved") + "[[fx]]" + config.split("[[fx]]")[1])  # fmt: skip
    fx = Decimal("0.9173") if 'currency = "EUR"' in config else Decimal(1)
    assert by_app.rows == again.rows
    for made in (by_app, fine):
        assert _sum(made) == made.total.cost
        assert made.total.provisioned_cost == 50 * 744 * Decimal("1.1") * fx
        assert made.total.shared_cost == Decimal("1000.01")
        assert made.total.cost == only_tokens.total.cost + made.total.provisioned_cost + made.total.shared_cost
    assert by_app.total == fine.total
    rungs = sum((share.cost for share in by_app.quality.token_sources), Decimal(0))
    follows_no_usage = by_app.total.cost - rungs
    assert follows_no_usage >= by_app.total.shared_cost
    unallocated = sum((row.cost for row in by_app.rows if row.key["app"] == "(unallocated)"), Decimal(0))
    assert by_app.quality.unallocated_cost == unallocated
    assert by_app.period == OCTOBER


def _sum(made: Chargeback) -> Decimal:
    return sum((row.cost for row in made.rows), Decimal(0))


def test_the_facts_that_statements_are_cut_from_sum_to_the_same(tmp_path: Path) -> None:
    config = APPS + PTU + '[[shared_costs]]\nname = "gateway"\namount = "310"\nrule = "even"\n'
    calls = [call("2026-10-05T10:05", "a", 1_000, 100), call("2026-10-05T10:05", "b", 9_000, 0, spilled_over=True)]
    made = statement(tmp_path, calls, config)
    read = load_config(write_config(tmp_path, config))
    facts, *_ = owner_figures(fill(tmp_path, calls), read, OCTOBER, zone=ZoneInfo("UTC"), now=NOW, prices=shipped_book())
    assert sum((fact.cost for fact in facts), Decimal(0)) == made.total.cost
    assert {fact.kind for fact in facts} == {"usage", "provisioned", "shared"}


def test_a_caller_with_a_name_is_one_from_whatever_addresses(tmp_path: Path) -> None:
    def stranger(minute: int, address: str, **named: str) -> dict[str, object]:
        return call(f"2026-10-05T10:{minute:02}", "stranger", 1_000, 0, caller_ip=address, **named)

    calls = [
        *(stranger(n, f"10.0.0.{n % 3}", apim_subscription="sub-new") for n in range(4)),
        stranger(5, "", apim_subscription="sub-new"),
        stranger(10, "10.0.0.7", entra_app="app-one"),
        stranger(11, "10.0.0.7"), stranger(12, "10.0.0.8"), stranger(13, "10.0.0.8"),
    ]  # fmt: skip
    quality = statement(tmp_path, calls, APPS).quality
    assert [(c.apim_subscription, c.entra_app, c.caller_ip, c.requests, c.tokens) for c in quality.unallocated] == [
        ("sub-new", "", "3 addresses", 5, 5_000), ("", "", "10.0.0.8", 2, 2_000),
        ("", "", "10.0.0.7", 1, 1_000), ("", "app-one", "10.0.0.7", 1, 1_000),
    ]  # fmt: skip
    assert sum(c.cost for c in quality.unallocated) == quality.unallocated_cost
