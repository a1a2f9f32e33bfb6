"""The fast tokenizer gives tiktoken's counts: on a few megabytes here, on as many as wanted by `python -m bench.identity`."""

import pytest

from aoai_insights.tokens import encoding, fast
from aoai_insights.tokens.families import EncodingName
from bench.identity import Compared, compare

pytestmark = pytest.mark.skipif(fast.fast_version() is None, reason="the extra `fast` is not installed here")


@pytest.mark.parametrize("name", sorted(encoding.BY_WORDS))
def test_the_fast_tokenizer_counts_as_tiktoken_does(name: EncodingName) -> None:
    compared = compare(name, characters=2_000_000, seed=3)
    assert compared == Compared(compared.texts, compared.characters, compared.tokens, None)
    assert compared.characters >= 2_000_000


def test_another_version_of_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "PROVEN", "0.0.0")
    assert fast.fast_version() is None
    assert fast.fast_counter("o200k_base", b"", len) is None


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(fast.SWITCH, "tiktoken")
    assert fast.fast_version() is None


def test_older_encodings_stay_with_tiktoken() -> None:
    assert fast.fast_counter("p50k_base", b"", len) is None


def test_each_new_letter_is_looked_for() -> None:
    for character in map(chr, range(0x110000)):
        if fast._NEW.match(character):
            assert fast._may_be_new(f"a {character}".encode()), hex(ord(character))


@pytest.mark.parametrize("name", sorted(encoding.BY_WORDS))
def test_letters_that_only_one_of_them_knows_are_left_to_tiktoken(name: EncodingName) -> None:
    encode = encoding._build(name).encode_ordinary
    count = fast.fast_counter(name, encoding._rank_file(name), lambda text: len(encode(text)))
    assert count is not None
    for character in "\u088f\u0c5c\ua7cf\U00010941\U0001e6c1\U00033000":
        for text in (f"{character}+d", f"a{character}d +{character}d", f"{character}'s 1{character}1"):
            assert count(text) == len(encode(text))
