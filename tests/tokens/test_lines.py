"""Counting line by line gives the tokenizer's own count, and each line is counted once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aoai_insights.tokens import encoding
from aoai_insights.tokens.families import EncodingName
from aoai_insights.tokens.lines import _CUT, by_lines
from aoai_insights.tokens.words import Count

from .test_words import PIECES

LINES = st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=12).map("\n".join)


@pytest.mark.parametrize("name", sorted(encoding.BY_WORDS))
@settings(deadline=None, max_examples=600)
@given(text=LINES)
def test_lines_have_the_tokens_of_their_text(name: EncodingName, text: str) -> None:
    encode = encoding._build(name).encode_ordinary
    counter = by_lines(lambda part: len(encode(part)))
    for whole in (text, f"a text that is long enough to be cut: {text}", f"{text}\nand this is how it ends, at length"):
        assert counter(whole) == len(encode(whole))


@pytest.mark.parametrize("name", sorted(encoding.BY_WORDS))
def test_a_line_may_be_cut_off_before_and_behind_any_character(name: EncodingName) -> None:
    encode = encoding._build(name).encode_ordinary
    characters = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x110000))]
    cuts = 0
    for start in range(0, len(characters), 4096):
        text = "".join(f"{one}\n{one}b\n {one}c.\n{one}" for one in characters[start : start + 4096])
        parts = _CUT.split(text)
        cuts += len(parts) - 1
        counts = sum(len(encode(part + "\n")) for part in parts[:-1]) + len(encode(parts[-1]))
        assert counts == len(encode(text)), hex(ord(characters[start]))
    assert cuts > 3_000_000


def watched() -> tuple[Count, list[str]]:
    """A counter (one token a character, for the test), and what the tokenizer is asked."""
    asked: list[str] = []

    def count(part: str) -> int:
        asked.append(part)
        return len(part)

    return by_lines(count), asked


def test_a_line_is_tokenized_once() -> None:
    counter, asked = watched()
    template = "You are a helpful heron.\n\n  Stand still in the shallow water,\n// wait, and answer {}\nin verse.\nFish: {}"
    for number in range(20):
        text = template.format("quickly", number)
        assert counter(text) == len(text)
    assert [part for part in asked if "Fish" not in part] == [
        "You are a helpful heron.\n\n", "  Stand still in the shallow water,\n// wait, and answer quickly\n", "in verse.\n",
    ]  # fmt: skip


def test_a_text_that_comes_again_is_not_tokenized_again() -> None:
    counter, asked = watched()
    text = "You are a helpful heron. Stand still in the shallow water, wait, and answer in verse."
    assert [counter(text) for _ in range(3)] == [len(text)] * 3
    assert asked == [text]


def test_lines_that_never_come_again_are_soon_counted_with_their_text() -> None:
    counter, asked = watched()
    for start in range(0, 100_000, 100):
        counter("\n".join(f"line {number}, which nobody has written before or will write again" for number in range(start, start + 100)))
    assert 20_000 < len(asked) < 60_000
