"""Tokenizers: the right bytes, no network, and no text that stalls them."""

import hashlib
import json
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from aoai_insights.tokens import encoding
from aoai_insights.tokens.encoding import RANK_FILES, encoder, text_tokens


@pytest.mark.parametrize("name", sorted(RANK_FILES))
def test_a_shipped_rank_file_is_openai_s_byte_for_byte(name: str) -> None:
    packed = (files("aoai_insights.tokens") / "ranks" / f"{name}.tiktoken.zst").read_bytes()
    assert hashlib.sha256(zstandard.decompress(packed)).hexdigest() == RANK_FILES[name]


@pytest.mark.parametrize(
    ("model", "text", "tokens"),
    [
        pytest.param("gpt-4o", "hello world", 2, id="o200k_base: two common words are two tokens"),
        pytest.param("gpt-4", "hello world", 2, id="cl100k_base: two common words are two tokens"),
        pytest.param("gpt-4o", "你好，世界", 3, id="o200k_base: Chinese needs half of what cl100k_base needs"),
        pytest.param("gpt-4", "你好，世界", 6, id="cl100k_base: the same Chinese text"),
        pytest.param("text-davinci-003", "hello    world", 3, id="p50k_base: a run of spaces is one token"),
        pytest.param("text-davinci-001", "hello    world", 5, id="r50k_base: a run of spaces is many tokens"),
        pytest.param("gpt-4o", "<|endoftext|>", 7, id="a special token in a text is plain text"),
        pytest.param("gpt-4o", "", 0, id="nothing is no tokens"),
        pytest.param("grok-4", "hello world", 0, id="a model without an OpenAI tokenizer is not counted"),
    ],
)
def test_tokens_of_a_text(model: str, text: str, tokens: int) -> None:
    assert text_tokens(model, text) == tokens


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "text-davinci-003", "ada"])
@settings(deadline=None, max_examples=25)
@given(parts=st.lists(st.sampled_from(["a", "Word ", "\n", " ", "  ", "\n\n", "/", "!", "1", "é", "'s", "的", "\t"])))
def test_windows_change_no_count_where_latin_words_are_near(model: str, parts: list[str]) -> None:
    text = "".join(parts) + "some words\nand more " + "".join(parts)
    long = text * (100_001 // len(text) + 1)
    tokenizer = encoder(model)
    assert tokenizer is not None
    assert text_tokens(model, long) == len(tokenizer.encode_ordinary(long))


@pytest.mark.parametrize("unit", ["a", " ", "\n", "1", "!", "的", "\u0301", "\u3000", "aA", "😀", "\ud800"])
def test_a_million_of_one_letter_neither_stalls_nor_crashes(unit: str) -> None:
    assert text_tokens("gpt-4o", unit * 1_000_000) > 1000


def test_a_cached_rank_file_is_used_when_its_hash_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = (files("aoai_insights.tokens") / "ranks" / "p50k_base.tiktoken.zst").read_bytes()
    url = "https://openaipublic.blob.core.windows.net/encodings/p50k_base.tiktoken"
    cached = tmp_path / hashlib.sha1(url.encode()).hexdigest()
    cached.write_bytes(zstandard.decompress(packed))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert encoding._cached("p50k_base") == cached.read_bytes()
    assert hashlib.sha256(encoding._rank_file("p50k_base")).hexdigest() == RANK_FILES["p50k_base"]


def test_a_damaged_cache_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://openaipublic.blob.core.windows.net/encodings/p50k_base.tiktoken"
    (tmp_path / hashlib.sha1(url.encode()).hexdigest()).write_bytes(b"IQ== 0\n")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert hashlib.sha256(encoding._rank_file("p50k_base")).hexdigest() == RANK_FILES["p50k_base"]


def test_a_tokenizer_is_built_once() -> None:
    assert encoder("gpt-4o") is encoder("gpt-5-mini-2025-08-07")


def test_the_tokenizer_needs_no_more_than_the_programs_have_that_ours_is_compared_with() -> None:
    """bench/notebook.py takes it from here, in an environment with these packages alone."""
    root = Path(__file__).resolve().parents[2]
    theirs = {line.partition("==")[0] for line in (root / "bench" / "peers.txt").read_text().splitlines()[1:]}
    ours = tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"]
    foreign = {line.partition(">=")[0].replace("-", "_") for line in ours} - theirs
    script = (
        "import json, sys\nfrom aoai_insights.tokens.encoding import encoder\nencoder('gpt-4o').encode('one')\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) & foreign == set()
