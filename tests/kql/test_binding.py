"""A value reads back as itself, whatever it is; or it is refused. It is never a part of the query."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aoai_insights.errors import UsageError
from aoai_insights.sources import kql

from .binder import Binder
from .engine import run, workspace

ECHO = kql.Query("echo", "", (kql.Parameter("given", "string", "any"),), "print given")
HOSTILE = [
    '"', "\\", '\\"', '"; ApiManagementGatewayLogs | take 1 //', "'", "//", "/* */", "@\"", "h'x'", "\\u0022", "`", "```x```",
    "{{name}}", "%s", "let x = 1;", "😀", "a'b\"c\\d", "é", "\\", "\\\\", "|", "\u202e", "\ufeff", " ", "",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_hostile_string_reads_back_as_itself(value: str, binder: Binder) -> None:
    text = kql.bind(ECHO, {"given": value})
    assert binder.bound(text) == {"lets": [["given", value]], "problems": []}
    connection = workspace({})
    assert run(connection, text)[1] == [(value,)]
    connection.close()


visible = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=visible)
def test_any_string_reads_back_as_itself(value: str, binder: Binder) -> None:
    assert binder.bound(kql.bind(ECHO, {"given": value})) == {"lets": [["given", value]], "problems": []}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(visible, max_size=4))
def test_any_list_stays_one_literal(values: list[str], binder: Binder) -> None:
    query = kql.Query("list", "", (kql.Parameter("given", "dynamic", "any"),), "print found = 'x' in (given)")
    found = binder.bound(kql.bind(query, {"given": values}))
    assert [name for name, _ in found["lets"]] == ["given"]
    assert found["problems"] == []


def test_hostile_lists_match_what_they_hold_and_nothing_else() -> None:
    connection = workspace({})
    for value in HOSTILE:
        query = kql.Query(
            "list",
            "",
            (kql.Parameter("given", "dynamic", ""), kql.Parameter("one", "string", "")),
            "print one in (given), 'x' in (given)",
        )
        rows = run(connection, kql.bind(query, {"given": [value], "one": value}))[1]
        assert rows == [(True, False)], value
    connection.close()


@pytest.mark.parametrize(
    "character", ["\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"], ids=ascii
)
@pytest.mark.parametrize("kind", ["string", "dynamic"])
def test_control_characters_are_refused(character: str, kind: str) -> None:
    value: Any = f"a{character}b"
    with pytest.raises(UsageError, match="control character"):
        kql.literal("given", kind, [value] if kind == "dynamic" else value)


MOMENT = datetime(2026, 10, 1, 2, 30, 0, 123456, UTC)
LITERALS = [
    ("datetime", MOMENT, "datetime(2026-10-01T02:30:00.123456Z)"),
    ("datetime", MOMENT.astimezone(timezone(timedelta(hours=-7))), "datetime(2026-10-01T02:30:00.123456Z)"),
    ("datetime", datetime(999, 1, 1, tzinfo=UTC), "datetime(0999-01-01T00:00:00.000000Z)"),
    ("timespan", timedelta(days=1, hours=2, microseconds=3), "timespan(1.02:00:00.000003)"),
    ("timespan", -timedelta(minutes=90), "timespan(-0.01:30:00.000000)"),
    ("long", -(2**62), f"long({-(2**62)})"),
    ("int", 7, "int(7)"),
    ("real", 0.1, "real(0.1)"),
    ("bool", True, "true"),
    ("dynamic", ["a", '"'], 'dynamic(["a", "\\""])'),
]


@pytest.mark.parametrize(("kind", "value", "text"), LITERALS, ids=[text for _, _, text in LITERALS])
def test_each_type_has_its_literal(kind: str, value: Any, text: str, binder: Binder) -> None:
    assert kql.literal("given", kind, value) == text
    typed = kql.Query("typed", "", (kql.Parameter("given", kind, ""),), "print x = given")
    assert binder.analyze(kql.bind(typed, {"given": value}), {}).columns == [("x", kind)]


WRONG = [
    ("string", 1), ("datetime", datetime(2026, 1, 1)), ("datetime", "2026-01-01"), ("long", True), ("long", 2**63), ("int", 2**31),  # noqa: DTZ001
    ("real", float("nan")), ("real", 1), ("bool", "true"), ("dynamic", "a"), ("dynamic", [1]), ("guid", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), WRONG, ids=str)
def test_a_value_of_another_type_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(UsageError, match="given"):
        kql.literal("given", kind, value)


TYPED = [
    ("datetime", "2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)), ("timespan", "90m", timedelta(minutes=90)), ("long", "-5", -5),
    ("real", "1e3", 1000.0), ("bool", "False", False), ("dynamic", "a,b", ["a", "b"]), ("dynamic", '["a,b"]', ["a,b"]), ("string", "2", "2"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "value"), TYPED, ids=str)
def test_what_somebody_types_becomes_a_value(kind: str, text: str, value: Any) -> None:
    assert kql.parse("given", kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("datetime", "soon"),
        ("datetime", "0001-01-01T00:00+14:00"),
        ("timespan", "1y"),
        ("long", "1.5"),
        ("bool", "yes"),
        ("dynamic", "[1"),
        ("dynamic", '["a",null]'),
        ("dynamic", "[" * 100_000),
        ("real", "9" * 100_000 + "x"),
    ],
    ids=lambda value: value[:24],
)
def test_what_cannot_be_meant_is_refused_with_an_example(kind: str, text: str) -> None:
    with pytest.raises(UsageError, match="write one such as") as refused:
        kql.parse("given", kind, text)
    assert len(str(refused.value)) < 200


def test_missing_and_unknown_parameters_are_named() -> None:
    with pytest.raises(UsageError, match="needs given"):
        kql.bind(ECHO, {})
    with pytest.raises(UsageError, match='no parameter "other"'):
        kql.bind(ECHO, {"given": "a", "other": "b"})
    with pytest.raises(UsageError, match='did you mean "throttling"'):
        kql.query("throtling")
