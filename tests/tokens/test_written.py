"""What is remembered of texts written of JSON values: the text is that of the value, whatever came before."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.tokens import tools, written

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=6))
def test_each_value_is_written_as_if_it_were_the_first(values: list[Any]) -> None:
    remembered = written.remembering(json.dumps)
    assert [remembered(value) for value in [*values, *values]] == [json.dumps(value) for value in [*values, *values]]


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (True, 1), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([], {}), ("1", 1), ([None], [float("nan")]), (["null"], [None])])
def test_values_that_look_alike_are_told_apart(one: Any, other: Any) -> None:
    remembered = written.remembering(json.dumps)
    assert (remembered(one), remembered(other)) == (json.dumps(one), json.dumps(other))


def test_a_value_that_came_before_is_not_written_again() -> None:
    asked: list[Any] = []
    remembered = written.remembering(lambda value: str(asked.append(value)))
    for value in ([1], [1], [2], [1]):
        remembered(value)
    assert asked == [[1], [2]]


def test_memory_has_an_end() -> None:
    asked: list[Any] = []
    remembered = written.remembering(lambda value: "x" * 1_000_000 if asked.append(value) is None else "")
    for value in [*range(9), 0, 8]:
        remembered(value)
    assert asked == [*range(9), 0]  # eight of a million characters are too many, so the first went
    long: list[Any] = []
    of_long = written.remembering(lambda value: str(long.append(1)))
    for _ in range(2):
        of_long("y" * 200_000)
    assert len(long) == 2


def test_tools_are_those_of_the_rule_and_of_its_year() -> None:
    one = ({"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}}},)
    new, old = tools.functions_text(one), tools.functions_text(one, as_of_2023=True)
    assert new != old
    assert (tools.functions_text(one), tools.functions_text(one, as_of_2023=True)) == (new, old)
