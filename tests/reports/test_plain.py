"""The report as text: as wide as a mail, and nothing that stands last is cut."""

import pytest

from aoai_insights.reports import plain
from aoai_insights.reports.view import view

from .tenants import TENANTS, big


@pytest.mark.parametrize("name", ["big", "tiny", "many", "empty", "doubtful"])
def test_no_line_is_wider_than_a_mail(name: str) -> None:
    lines = plain.render_text(view(TENANTS[name]())).splitlines()
    assert [line for line in lines if len(line) > plain.WIDTH] == []


def test_hours_stand_in_as_many_rows_of_columns_as_they_need() -> None:
    lines = plain.render_text(view(big())).splitlines()
    hours = [word for line in lines if line.startswith("Region ") for word in line.split() if word.isdecimal()]
    assert hours == [f"{hour:02}" for hour in range(24)]


def test_what_stands_last_goes_on_below_itself() -> None:
    reason = "no price for gpt-4-turbo-2024-04-09 in swedencentral: the price book does not know the model there"
    long_name = "an-app-whose-name-is-far-too-long-for-a-column"
    first, second, *more = plain._columns([["App", "Because"], [long_name, reason]], [False, False], rule_before_last=False)
    assert first.split() == ["App", "Because"]
    place = first.index("Because")
    assert "…" in second[:place]
    assert " ".join(line[place:] for line in [second, *more]) == reason
    assert max(map(len, [second, *more])) <= plain.WIDTH
