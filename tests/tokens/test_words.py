"""Counting word by word gives the tokenizer's own count."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aoai_insights.tokens import encoding
from aoai_insights.tokens.families import EncodingName
from aoai_insights.tokens.words import _has_other_space, by_words

PIECES = [
    "a", "A", "word", "Word", "WORD", "'s", "'S", "'ll", " 's", "1", "1234", "!", "//", "...", "{}", '");', "_", "#", "$",
    "é", "ß", "İ", "ſ", "ǅ", "ª", "²", "Ⅷ", "٣", "的", "你好", "サ", "ー", "אב", "ไทย", "हिन्दी", "\u0301", "😀", "👨\u200d👩",
    " ", "  ", "    ", "\n", "\n\n", " \n", "\n ", "\t", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\xa0", "\u1680", "\u180e", "\u2003",
    "\u2028", "\u200b", "\u3000", "\ufeff", "\x00", "\x1c", "\x1f", "\ud800", "<|endoftext|>", "def f(x):", "return", "https://a.b/c",
]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=60).map("".join)
SPACED = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=60).map(" ".join)


@pytest.mark.parametrize("name", sorted(encoding.BY_WORDS))
@settings(deadline=None, max_examples=400)
@given(text=st.one_of(TEXTS, SPACED))
def test_words_have_the_tokens_of_their_text(name: EncodingName, text: str) -> None:
    encode = encoding._build(name).encode_ordinary
    plain = encoding._plain_counter(name)
    padded = f"so that it is long enough to be cut into words: {text} and so that it does not end there"
    for whole in (padded, padded[:-39], text):
        assert by_words(lambda part: len(encode(part)), plain)(whole) == len(encode(whole))


@pytest.mark.parametrize("name", sorted(encoding.BY_WORDS))
@settings(deadline=None, max_examples=150)
@given(text=st.one_of(TEXTS, SPACED), before=st.sampled_from(["", "x", "x:\n", "!", "\n", "7", "é"]))
def test_runs_of_spaces_have_the_tokens_of_their_text(name: EncodingName, text: str, before: str) -> None:
    encode = encoding._build(name).encode_ordinary
    counter = by_words(lambda part: len(encode(part)), encoding._plain_counter(name))
    for spaces in (1, 2, 3, 79, 80, 81):
        whole = before + " " * spaces + text + " " * (spaces % 4)
        assert counter(whole) == len(encode(whole))
        assert counter("so that it is long enough to be cut" + whole) == len(
            encode("so that it is long enough to be cut" + whole)
        )


def test_white_space_is_what_the_tokenizer_takes_for_it() -> None:
    looks_ahead, plain = encoding._build("o200k_base").encode_ordinary, encoding._plain_counter("o200k_base")
    codes = [*range(0xD800), *range(0xE000, 0x110000)]
    known = [chr(code) for code in codes if chr(code) not in " \r\n" and not _has_other_space(chr(code))]
    for start in range(0, len(known), 4096):
        text = "".join(f"{character}{character}x" for character in known[start : start + 4096])
        assert plain(text) == len(looks_ahead(text)), hex(ord(known[start]))


def counted_text(text: str) -> tuple[int, list[str]]:
    """Tokens (one a character, for the test), and what the tokenizer was asked."""
    asked: list[str] = []

    def count(part: str) -> int:
        asked.append(part)
        return len(part)

    return by_words(count, count)(text), asked


def test_a_word_is_tokenized_once() -> None:
    _, asked = counted_text("the heron and the fish and " * 40 + "the end")
    assert asked.count(" the a") == 1
    assert len(asked) < 10


def test_text_without_spaces_is_left_to_the_tokenizer() -> None:
    text = "鹭鸶站在浅水里等鱼。" * 40
    assert counted_text(text) == (len(text), [text])


def test_words_that_never_come_again_are_soon_left_to_the_tokenizer() -> None:
    asked: list[str] = []

    def count(part: str) -> int:
        asked.append(part)
        return len(part)

    counter = by_words(count, count)
    for start in range(0, 200_000, 1000):
        counter(" ".join(str(number) for number in range(start, start + 1000)))
    assert len(asked) < 30_000
