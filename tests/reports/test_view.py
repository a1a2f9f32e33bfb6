"""What a report says, read off the view: no medium, no markup."""

import re
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from aoai_insights.model import Chargeback, Coverage
from aoai_insights.reports.content import DataTable, HeatMap, Report
from aoai_insights.reports.view import view

from .tenants import OCTOBER, TENANTS, Use, big, doubtful, drawn, empty, figures, hostile, many, tiny


def section(report: Report, anchor: str):
    return next(section for section in report.sections if section.anchor == anchor)


def column(table: DataTable, heading: str, rows=None) -> list[str]:
    at = [h.text for h in table.headings].index(heading)
    return [row.cells[at].text for row in (table.rows if rows is None else rows)]


def number(shown: str) -> Decimal:
    return Decimal(shown.replace(",", "").replace("−", "-"))


def everything(value) -> list[str]:
    """Every string of the view."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        return [text for field in fields(value) for text in everything(getattr(value, field.name))]
    return [text for item in value for text in everything(item)] if isinstance(value, tuple) else []


@pytest.mark.parametrize(
    ("tenant", "subject"),
    [
        pytest.param(big, "Azure OpenAI chargeback, October 2026: USD 8,161.29, up 1.5%", id="amount and change"),
        pytest.param(tiny, "Azure OpenAI chargeback, October 2026: USD 0.008750", id="below a dollar: finer"),
        pytest.param(empty, "Azure OpenAI chargeback, October 2026: no requests", id="nothing was used"),
        pytest.param(
            doubtful,
            "Azure OpenAI chargeback, October 2026: USD 1,624.05, down 5.9% (incomplete)",
            id="an incomplete answer says so in its subject",
        ),
    ],
)
def test_subject_is_the_answer(tenant, subject):
    assert view(tenant()).subject == subject


@pytest.mark.parametrize(
    ("uses", "sentence"),
    [
        pytest.param(
            [
                Use("a", "CC-1", prompt=3_000_000),
                Use("c", "CC-1", prompt=900_000),
                *([Use("b", "CC-1", prompt=500_000)] * 2),
            ],
            "a cost most: USD 7.50, 61.2% of the whole; then b (20.4%) and c (18.4%).",
            id="the first with its amount, the next two by share, an app of two cost centres once",
        ),
        pytest.param([Use("a", "CC-1", prompt=3_000_000)], "All of it is a.", id="one app"),
        pytest.param(
            [Use("(unallocated)", "(unallocated)", prompt=3_000_000), Use("b", "CC-1", prompt=1_000_000)],
            "Unallocated calls cost most: USD 7.50, 75.0% of the whole; then b (25.0%).",
            id="what nobody claims may lead",
        ),
        pytest.param([Use("a", "CC-1", priced=False)], "", id="nothing has a price"),
        pytest.param([], "", id="nothing was used"),
    ],
)
def test_the_first_sentence_says_who_cost_most(uses, sentence):
    assert view(figures(uses)).leader == sentence


def test_three_numbers_with_change_in_words():
    allocated, unallocated, p95 = view(big()).numbers
    assert (allocated.label, allocated.value, allocated.detail) == (
        "Allocated cost",
        "USD 7,369.93",
        "of USD 8,161.29 in all",
    )
    assert allocated.change == "up 0.6% from USD 7,323.98 in September 2026"
    assert (unallocated.value, unallocated.change) == ("9.7%", "0.8 points more than in September 2026")
    assert (p95.value, p95.change) == ("2,430 ms", "60 ms faster than in September 2026 (2.4%)")


def test_without_an_earlier_period_nothing_is_compared():
    report = view(tiny())
    assert {number.change for number in report.numbers} == {"nothing earlier to compare with"}
    assert (report.moved, report.changes, report.changes_title) == ("", (), "")
    assert not [text for text in everything(report) if "September" in text]


def with_days(before: Chargeback | None, present: int) -> Chargeback:
    """The period before with logs of its first `present` days."""
    days = [date(2026, 9, n) for n in range(1, 31)]
    coverage = Coverage(tuple(days[:present]), tuple(days[present:]))
    return replace(before, quality=replace(before.quality, coverage=coverage))


def test_a_month_of_a_few_days_is_compared_with_nothing_and_the_headline_says_so():
    whole = big()
    report = view(replace(whole, previous_by_app=with_days(whole.previous_by_app, 1)))
    why = "not compared: September 2026 has logs of 1 of 30 days"
    assert report.moved == "not compared: September 2026 is incomplete"
    assert {number.change for number in report.numbers} == {why}
    assert report.changes == (f"Not compared: {why[14:]}.",)
    assert not [h for t in section(report, "owners").tables for h in t.headings if "September" in h.text]


def test_a_month_that_lacks_a_day_is_compared_by_amounts_and_no_ratio_stands_in_the_headline():
    whole = big()
    before = {name: with_days(getattr(whole, name), 29) for name in ("previous_by_app", "previous_by_app_model")}
    report = view(replace(whole, **before))
    assert report.moved == "not compared: September 2026 is incomplete"
    assert re.fullmatch(r"after USD [\d,.]+ in September 2026, which is incomplete", report.numbers[0].change)
    assert len(report.changes) == 3
    assert report.changes_note == "Compare with care: 31 days of this period are set against 29 of September 2026."


def test_a_month_of_which_most_is_missing_did_not_fall():
    report = view(big(absent=[date(2026, 10, n) for n in range(1, 25)]))
    assert report.moved == ""
    assert {number.change for number in report.numbers} == {"not compared: October 2026 has logs of 7 of 31 days"}


def test_a_cost_that_grew_many_times_is_so_many_times_the_earlier_one():
    report = view(figures([Use("bot", "CC-1", prompt=900_000)], [Use("bot", "CC-1", prompt=9_000)]))
    assert re.match(r"\d+ times as much as USD [\d.]+ in September 2026$", report.numbers[0].change)


def test_a_cost_of_no_tokens_is_not_said_to_be_unmeasured():
    whole = big()
    row = whole.by_app.rows[0]
    total = replace(whole.by_app.total, cost=whole.by_app.total.cost + 700)
    shared = replace(whole.by_app, rows=(replace(row, cost=row.cost + 700), *whole.by_app.rows[1:]), total=total)
    caption = view(replace(whole, by_app=shared)).trust.split.caption
    assert re.fullmatch(
        r"[\d.]+% of the cost of tokens rests on measured ones; USD 70\d\.\d\d rests on no tokens", caption
    )


def test_a_month_without_logs_was_not_without_use():
    coverage = Coverage((), tuple(date(2026, 10, n) for n in range(1, 32)))
    nothing = replace(empty(), quality=replace(empty().quality, coverage=coverage))
    assert view(nothing).trust.split.caption == "No use of this period is in the logs"


def test_another_currency_is_never_compared():
    whole = big()
    euros = {
        name: replace(getattr(whole, name), currency="EUR") for name in ("previous_by_app", "previous_by_app_model")
    }
    report = view(replace(whole, **euros))
    assert (report.moved, report.changes) == ("", ())


@pytest.mark.parametrize("tenant", TENANTS)
def test_shown_rows_sum_to_the_shown_total_in_every_cost_table(tenant):
    report = view(TENANTS[tenant]())
    tables = [report.trust.split, *(t for s in report.sections for t in s.tables if isinstance(t, DataTable))]
    checked = 0
    for table in tables:
        if "Cost, USD" not in [heading.text for heading in table.headings]:
            continue
        rows = [*table.rows, *([table.fold.sum] if table.fold else [])]
        shown = [n for n in column(table, "Cost, USD", rows) if re.fullmatch(r"[−\d.,]+", n)]
        total = number(column(table, "Cost, USD", [table.total])[0])
        assert sum(map(number, shown), Decimal(0)) == total, table.caption
        if table.fold:
            folded = column(table, "Cost, USD", table.fold.rows)
            assert sum(map(number, folded)) == number(column(table, "Cost, USD", [table.fold.sum])[0])
        checked += 1
    assert checked >= (1 if tenant == "empty" else 5)


def test_a_long_table_folds_but_drops_nothing_and_never_folds_the_unallocated():
    centres, apps = section(view(many()), "owners").tables
    assert len(apps.rows) + len(apps.fold.rows) == 300
    assert "(unallocated)" in column(apps, "App")
    assert "(unallocated)" in column(centres, "Cost centre")
    assert apps.fold.sum.cells[0].text == "274 more apps"


def test_every_app_is_named_whatever_it_is_called():
    apps = section(view(hostile()), "owners").tables[1]
    names = column(apps, "App")
    assert len(names) == len(hostile().by_app.rows) == len(set(names))
    assert "(no name)" in names


@pytest.mark.parametrize(
    ("change", "alarm"),
    [
        pytest.param(
            {"coverage": Coverage((date(2026, 10, 1),), (date(2026, 10, 2), date(2026, 10, 3)))},
            "2 of 3 days are missing from the logs: 2–3 October 2026. What was used then is in no figure.",
            id="missing days are listed",
        ),
        pytest.param(
            {"coverage": Coverage((date(2026, 10, 1),), (), partial_queries=1)},
            "1 query to the logs returned only a part of the records.",
            id="a partial query",
        ),
    ],
)
def test_what_makes_an_answer_incomplete(change, alarm):
    whole = big()
    report = view(replace(whole, quality=replace(whole.quality, **change)))
    assert report.trust.status == "incomplete"
    assert report.trust.alarms[0] == alarm
    assert report.subject.endswith("(incomplete)")
    assert "do not bill" in report.trust.verdict


def test_a_running_month_is_incomplete_and_its_rest_is_still_to_come():
    uses = [use for use in drawn(OCTOBER, [("bot", "CC-1")], 1) if use.day < date(2026, 10, 6)]
    whole = figures(uses)
    coverage = Coverage(tuple(date(2026, 10, d) for d in range(1, 6)), ())
    report = view(
        replace(
            whole,
            generated_at=datetime(2026, 10, 6, 1, 0, tzinfo=UTC),
            quality=replace(whole.quality, coverage=coverage),
        )
    )
    assert report.trust.alarms[0] == "October 2026 was not over when this report was made (6 October 2026, 01:00 UTC)."
    assert report.trust.facts[0].text == "5 of 5 days so far are in the logs; 26 days still to come"
    days = column(section(report, "days").tables[0], "Cost, USD")
    assert days[5:] == ["still to come"] * 26


def test_tables_that_disagree_are_the_first_alarm():
    whole = big()
    row = whole.by_model.rows[0]
    wrong = replace(whole.by_model, rows=(replace(row, cost=row.cost + 1), *whole.by_model.rows[1:]))
    report = view(replace(whole, by_model=wrong))
    assert report.trust.status == "incomplete"
    assert report.trust.alarms[0].startswith("The costs by model sum to")


def test_doubt_is_said_in_money_and_tokens():
    report = view(doubtful())
    assert report.trust.status == "incomplete"
    assert report.trust.alarms == (
        "3 of 31 days are missing from the logs: 3–4 and 17 October 2026. What was used then is in no figure.",
        "31 requests (120,000 tokens) have no price and are in no amount: contoso-experimental-1.",
        "40.0% of the cost rests on estimated tokens: the log had cut those bodies and no usage was recorded.",
    )
    assert report.changes_note == "Compare with care: 28 days of this period are set against 30 of September 2026."
    assert [part.name for part in report.trust.parts] == ["measured", "estimated"]


@pytest.mark.parametrize(
    ("source", "app", "status"),
    [
        pytest.param("llm_log", "bot", "complete", id="measured and claimed"),
        pytest.param("extrapolated", "bot", "caution", id="all estimated"),
        pytest.param("llm_log", "(unallocated)", "caution", id="nobody claims it"),
        pytest.param("none", "bot", "caution", id="successful calls without tokens"),
    ],
)
def test_status(source, app, status):
    assert view(figures([Use(app, "CC-1", source=source)])).trust.status == status


def test_what_has_no_price_is_not_free():
    report = view(doubtful())
    models = section(report, "models").tables[0]
    at = column(models, "Model").index("contoso-experimental-1")
    assert (column(models, "Cost, USD")[at], column(models, "Share")[at]) == ("no price", "–")
    assert column(section(report, "unpriced").tables[0], "Tokens") == ["120,000"]


def test_a_day_without_logs_has_no_amount_and_a_day_without_calls_has_zero():
    uses = [Use("bot", "CC-1", day=date(2026, 10, 1), prompt=10**6)]
    table = section(view(figures(uses, missing=[date(2026, 10, 2)])), "days").tables[0]
    cost, bars = column(table, "Cost, USD"), [row.cells[2].bar for row in table.rows]
    assert cost[:3] == ["2.50", "no logs", "0.00"]
    assert bars[:3] == [1.0, None, 0.0]
    assert [row.tone for row in table.rows][:3] == ["", "missing", ""]


def test_an_hour_without_calls_is_missing_and_never_zero():
    (heat,) = section(view(big()), "hours").tables
    assert isinstance(heat, HeatMap)
    silent = heat.rows[0].cells[2]
    assert (silent.text, silent.step, silent.spoken) == ("–", None, "02:00, no successful call")
    assert len(heat.columns) == 24
    assert all(len(row.cells) == 24 for row in heat.rows)
    assert {cell.step for row in heat.rows for cell in row.cells} > {0, 5, None}
    assert heat.rows[0].cells[4].few


def test_every_value_of_the_heat_map_lies_in_the_range_of_its_colour():
    whole = big()
    (heat,) = section(view(whole), "hours").tables
    ranges = {}
    for step, words in heat.legend:
        numbers = [float(n) for n in re.findall(r"[\d.]+", words)]
        low = numbers[0] if words.startswith("over") else 0.0 if words.startswith("up to") else numbers[0]
        high = float("inf") if words.startswith("over") else numbers[-1]
        ranges[step] = (low, high)
    by_key = {(row.key["region"], row.key["hour"]): row for row in whole.latency_by_region_hour.rows}
    for row in heat.rows:
        for hour, cell in zip(heat.columns, row.cells, strict=True):
            if cell.step is not None:
                low, high = ranges[cell.step]
                assert low < by_key[row.name, hour].p95_ms / 1000 <= high


def test_the_next_rule_can_be_copied():
    report = view(big())
    assert section(report, "unallocated").points == (
        'The next rule: match = [ {apim_subscription = "sub-francecentral"} ]',
    )


def test_an_empty_month_says_so_everywhere_and_invents_no_figure():
    report = view(empty())
    assert report.trust.status == "complete"
    assert [number.value for number in report.numbers] == ["USD 0.00", "–", "–"]
    assert (report.answer, report.sections) == ("no requests", ()), "said once, not under every heading"
    assert not [text for text in everything(report) if "nan" in text.split() or "None" in text.split()]


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_view_is_pure(tenant):
    assert view(TENANTS[tenant]()) == view(TENANTS[tenant]())


def test_the_reader_meets_the_content_in_the_order_that_decisions_are_made():
    assert [section.anchor for section in view(doubtful()).sections] == [
        "owners",
        "models",
        "days",
        "latency",
        "hours",
        "sources",
        "unallocated",
        "unpriced",
        "assumptions",
    ]
