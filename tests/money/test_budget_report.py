"""Budgets in the report and in statements: one table for browser, mail, text and terminal, to the cents of the others."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aoai_insights.config import load_config
from aoai_insights.pipeline.figures import owner_figures, report_figures
from aoai_insights.pipeline.letters import scopes
from aoai_insights.reports.content import DataTable, Section
from aoai_insights.reports.email import render_mail
from aoai_insights.reports.figures import ReportFigures, rounded
from aoai_insights.reports.plain import render_text
from aoai_insights.reports.render import render_html
from aoai_insights.reports.statement import cut_down, statement
from aoai_insights.reports.view import view
from aoai_insights.sources.prices import shipped_book

from .tenant import APPS, NOW, OCTOBER, PTU, call, fill, write_config

STANDARD = PTU.replace("DataZoneProvisionedManaged", "GlobalStandard").replace("ptu = 50\n", "")
CONFIG = (
    APPS.replace('"CC-A"', '"CC-A"\nbudget = "100"\nowner = "a@example.com"').replace('"CC-B"', '"CC-B"\nbudget = "40"')
    + '[[cost_centers]]\nname = "CC-A"\nbudget = "200"\n'
    + STANDARD
)
# a: 1M prompt tokens a day, 2.50 USD; b: half of it
CALLS = [
    call(f"2026-10-{day:02}T{hour}:00", app, tokens, 0)
    for day in range(1, 32)
    for app, hour, tokens in (("a", 10, 1_000_000), ("b", 11, 500_000))
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("budgets"), CALLS)


def figures(store: Path, tmp_path: Path, config: str = CONFIG, now: datetime = NOW, **other: object) -> ReportFigures:
    read = load_config(write_config(tmp_path, config))
    made = report_figures(store, read, OCTOBER, None, zone=ZoneInfo("UTC"), now=now, version="1", prices=shipped_book())
    return replace(made, **other)  # type: ignore[arg-type]


def section(found: ReportFigures) -> Section:
    return next(s for s in view(found).sections if s.anchor == "budgets")


def rows(of: Section) -> list[list[str]]:
    (table,) = of.tables
    assert isinstance(table, DataTable)
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_a_month_that_is_over_has_no_forecast(store: Path, tmp_path: Path) -> None:
    found = section(figures(store, tmp_path))
    assert rows(found) == [
        ["b", "40.00", "38.75", "96.9%", "1.25", "close"],
        ["a", "100.00", "77.50", "77.5%", "22.50", "within"],
        ["CC-A (cost centre)", "200.00", "77.50", "38.8%", "122.50", "within"],
    ]
    assert found.lead == "Of 3 budgets, 1 is used to 80% or more (b)."
    assert found.points == ()


def test_within_the_month_the_forecast_and_its_range_stand_beside(store: Path, tmp_path: Path) -> None:
    config = CONFIG.replace('budget = "100"', 'budget = "70"')
    found = section(figures(store, tmp_path, config, datetime(2026, 10, 21, tzinfo=UTC)))
    cells = {row[0]: row for row in rows(found)}
    # the store holds all of October, so that only the forecast tells the days to come from those before
    assert cells["a"][-1] == "over"
    assert [cell for cell in cells["a"] if " to " in cell]
    assert len(found.points) == 1
    assert "over (a)" in found.lead


def test_browser_mail_and_text_show_the_same_budgets(store: Path, tmp_path: Path) -> None:
    found = figures(store, tmp_path)
    page, mail = render_html(view(found)), render_mail(lambda shown: view(found, shown))
    for medium in (page, mail.html, mail.text, render_text(view(found))):
        assert "Of 3 budgets, 1 is used to 80% or more (b)." in medium
        assert "96.9%" in medium
        assert "CC-A (cost centre)" in medium


def test_what_is_spent_is_what_the_table_of_apps_shows(store: Path, tmp_path: Path) -> None:
    found = figures(store, tmp_path)
    shown = dict(zip([row.key["app"] for row in found.by_app.rows], rounded(found).by_app, strict=True))
    assert {row[0]: row[2] for row in rows(section(found)) if row[0] in shown} == {a: str(c) for a, c in shown.items()}


@pytest.mark.parametrize("left_out", ["no budget", "no month"])
def test_there_is_no_section_where_there_is(store: Path, tmp_path: Path, left_out: str) -> None:
    if left_out == "no budget":
        found = figures(store, tmp_path, APPS + STANDARD)
    else:
        read = load_config(write_config(tmp_path, CONFIG))
        week = replace(OCTOBER, month=None)
        found = report_figures(
            store, read, week, None, zone=ZoneInfo("UTC"), now=NOW, version="1", prices=shipped_book()
        )
    assert found.budgets == ()
    assert not [s for s in view(found).sections if s.anchor == "budgets"]


def test_a_statement_has_the_budgets_that_are_wholly_its_owners(store: Path, tmp_path: Path) -> None:
    found = figures(store, tmp_path)
    read = load_config(write_config(tmp_path, CONFIG))
    usage, latency, _ = owner_figures(store, read, OCTOBER, zone=ZoneInfo("UTC"), now=NOW, prices=shipped_book())
    ((_, recipient, scope),) = scopes(read, usage, None)
    own, amounts = cut_down(found, rounded(found), scope, usage, None)
    made = statement(own, amounts, scope, latency)
    (budgets,) = [s for s in made.sections if s.anchor == "budgets"]
    assert recipient == "a@example.com"
    assert [row[0] for row in rows(budgets)] == ["a", "CC-A (cost centre)"]


def test_a_name_that_is_markup_stays_a_name(store: Path, tmp_path: Path) -> None:
    hostile = CONFIG.replace('name = "b"', 'name = "<script>x</script>"')
    found = figures(store, tmp_path, hostile)
    assert "<script>" not in render_html(view(found))
    assert "&lt;script&gt;" in render_html(view(found))


def test_the_report_and_a_statement_print_the_ptu_policy_and_the_rule_of_a_shared_cost(tmp_path: Path) -> None:
    shared = '[[shared_costs]]\nname = "gateway"\namount = "310.00"\nrule = "even"\n'
    config = CONFIG.replace(STANDARD, PTU) + shared
    filled = fill(tmp_path, CALLS)
    found = figures(filled, tmp_path, config)
    read = load_config(write_config(tmp_path, config))
    usage, latency, _ = owner_figures(filled, read, OCTOBER, zone=ZoneInfo("UTC"), now=NOW, prices=shipped_book())
    ((_, _, scope),) = scopes(read, usage, None)
    own, amounts = cut_down(found, rounded(found), scope, usage, None)
    for report in (view(found), statement(own, amounts, scope, latency)):
        (rules,) = [s for s in report.sections if s.anchor == "rules"]
        assert any('policy "absorb"' in rule for rule in rules.points)
        assert any("Shared cost gateway, 310.00 USD a month, is split in equal parts" in rule for rule in rules.points)
    # a rule that was chosen is no assumption
    supposed = [point for s in view(found).sections if s.anchor == "assumptions" for point in s.points]
    assert not any("policy" in point or "Shared cost" in point for point in supposed)
