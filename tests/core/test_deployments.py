"""What served a call: names of every log lead to one model, version, type, region and tier."""

from datetime import date

import pytest

from aoai_insights.deployments import UNKNOWN, ConfiguredDeployment, Names, Served, served, split_model
from aoai_insights.validity import spans

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
KNOWN = {"gpt-4o", "gpt-35-turbo"}


def names(**given: object) -> Names:
    empty = {"resource": "res", "deployment": "chat", "region": "", "served_model": "", "aoai_model": "",
             "aoai_model_version": "", "service_tier": "", "spilled_over": False}  # fmt: skip
    return Names(**{**empty, **given})  # type: ignore[arg-type]


def found(entry: ConfiguredDeployment | None = None, **given: object) -> Served:
    return served(names(**given), {("res", "chat"): [entry]} if entry else {}, KNOWN, *OCTOBER)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-4o-2024-11-20", ("gpt-4o", "2024-11-20")),
        ("GPT-4o", ("gpt-4o", "")),
        ("gpt-3.5-turbo-0125", ("gpt-35-turbo", "0125")),
        ("gpt-4-1106-preview", ("gpt-4", "1106-preview")),
        ("gpt-4-turbo-2024-04-09", ("gpt-4", "turbo-2024-04-09")),
        ("gpt-4-vision-preview", ("gpt-4", "vision-preview")),
        ("text-embedding-ada-002", ("text-embedding-ada-002", "")),
        ("text-embedding-3-small", ("text-embedding-3-small", "")),
        ("o4-mini-2025-04-16", ("o4-mini", "2025-04-16")),
        ("", ("", "")),
    ],
)
def test_a_date_at_the_end_is_the_version(name: str, expected: tuple[str, str]) -> None:
    assert split_model(name) == expected


def test_the_response_names_the_model_before_any_other_log() -> None:
    got = found(served_model="gpt-4o-2024-08-06", aoai_model="model-router", aoai_model_version="2025-05-19")
    assert (got.model, got.model_version) == ("gpt-4o", "2024-08-06")


def test_a_model_without_date_takes_the_version_of_the_log_that_means_the_same_model() -> None:
    assert (
        found(served_model="gpt-4o", aoai_model="gpt-4o", aoai_model_version="2024-11-20").model_version == "2024-11-20"
    )
    assert found(served_model="gpt-4o", aoai_model="gpt-4", aoai_model_version="0613").model_version == ""
    assert found(ConfiguredDeployment(model="gpt-4o", model_version="2024-05-13"), served_model="gpt-4o").model_version == "2024-05-13"  # fmt: skip


def test_a_deployments_name_is_a_model_only_where_such_a_model_is_known() -> None:
    assert (found(deployment="gpt-4o").model, found(deployment="gpt-4o").model_assumed) == ("gpt-4o", True)
    assert (found(deployment="chat").model, found(deployment="chat").model_assumed) == (UNKNOWN, False)


def test_an_unlisted_deployment_is_assumed_to_be_global_and_says_so() -> None:
    assert (found().deployment_type, found().type_assumed) == ("GlobalStandard", True)
    listed = found(ConfiguredDeployment(type="Standard"))
    assert (listed.deployment_type, listed.type_assumed) == ("Standard", False)


def test_spill_over_of_a_provisioned_deployment_is_billed_at_the_standard_one() -> None:
    entry = ConfiguredDeployment(type="DataZoneProvisionedManaged")
    assert found(entry).deployment_type == "DataZoneProvisionedManaged"
    assert found(entry, spilled_over=True).deployment_type == "DataZoneStandard"


@pytest.mark.parametrize(
    ("entry", "tier", "expected"),
    [
        (None, "", "standard"),
        (None, "default", "standard"),
        (None, "priority", "priority"),
        (None, "flex", "flex"),
        (ConfiguredDeployment(type="GlobalBatch"), "default", "batch"),
    ],
)
def test_the_tier_is_what_the_response_says_and_batch_what_the_deployment_is(
    entry: ConfiguredDeployment | None, tier: str, expected: str
) -> None:
    assert found(entry, service_tier=tier).tier == expected


def test_a_region_comes_from_a_log_then_the_config_then_the_resources_name() -> None:
    assert found(region="uksouth", resource="aoai-eastus2").region == "uksouth"
    by_name = served(names(resource="aoai-eastus2-01"), {}, KNOWN, *OCTOBER)
    assert (by_name.region, by_name.region_assumed) == ("eastus2", True)
    assert found(ConfiguredDeployment(region="westus3")).region == "westus3"
    assert found().region == UNKNOWN


def test_days_are_cut_where_an_entry_begins_or_ends_inside_them() -> None:
    entries = [ConfiguredDeployment(valid_to=date(2026, 10, 10)), ConfiguredDeployment(valid_from=date(2026, 10, 11)),
               ConfiguredDeployment(valid_from=date(2026, 9, 1), valid_to=date(2026, 10, 31))]  # fmt: skip
    tenth, eleventh = date(2026, 10, 10), date(2026, 10, 11)
    assert spans(entries, *OCTOBER) == [(OCTOBER[0], tenth), (eleventh, OCTOBER[1])]
    assert spans([], *OCTOBER) == [OCTOBER]


def test_of_two_entries_of_a_deployment_the_one_of_the_day_says_what_it_is() -> None:
    before = ConfiguredDeployment(type="ProvisionedManaged", valid_to=date(2026, 10, 10))
    after = ConfiguredDeployment(type="DataZoneStandard", valid_from=date(2026, 10, 11))
    both = {("res", "chat"): [before, after]}
    first = served(names(), both, KNOWN, date(2026, 10, 1), date(2026, 10, 10))
    second = served(names(), both, KNOWN, date(2026, 10, 11), date(2026, 10, 31))
    assert (first.deployment_type, second.deployment_type) == ("ProvisionedManaged", "DataZoneStandard")
    assert (first.last, second.first) == (date(2026, 10, 10), date(2026, 10, 11))
