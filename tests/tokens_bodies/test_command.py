"""aoai-insights tokens count."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from aoai_insights.cli import main

from .bodies import REQUEST, USAGE, chat_json, compact, sse, text_chunks, words

CUT = sse(text_chunks(words(60)))
CASES: list[dict[str, Any]] = [
    {
        "id": "a",
        "api": "chat",
        "model": "gpt-4o",
        "stream": False,
        "request": REQUEST,
        "response_body": compact(chat_json("a")),
    },
    {
        "id": "b",
        "api": "chat",
        "model": "gpt-4o",
        "stream": True,
        "request": REQUEST,
        "response_body": CUT[:8192],
        "response_bytes": len(CUT),
    },
    {
        "id": 3,
        "api": "chat",
        "provider": "openai",
        "model": "gpt-4o",
        "request": compact(REQUEST)[:30],
        "response_body": None,
    },
]


def run(path: Path, capsysbinary: pytest.CaptureFixture[bytes], *flags: str) -> tuple[int, list[dict[str, Any]], str]:
    code = main(["tokens", "count", str(path), *flags])
    out, err = capsysbinary.readouterr()
    return code, [json.loads(line) for line in out.splitlines()], err.decode()


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_one_count_a_line_in_the_order_of_the_file(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, counts, err = run(write(tmp_path / "x.jsonl", *CASES), capsysbinary, "-f", "json")
    assert code == 0
    assert re.fullmatch(r"tokenizer: (tiktoken|gigatoken) [0-9.]+\n", err)
    assert [(count["id"], count["token_source"]) for count in counts] == [
        ("a", "body_usage"),
        ("b", "extrapolated"),
        (3, "lower_bound"),
    ]
    assert counts[0] == {
        "id": "a",
        "prompt_tokens": USAGE["prompt_tokens"],
        "completion_tokens": USAGE["completion_tokens"],
        "cached_tokens": 4,
        "reasoning_tokens": 3,
        "token_source": "body_usage",
        "notes": [],
    }
    assert counts[1]["completion_tokens_low"] <= counts[1]["completion_tokens"] <= counts[1]["completion_tokens_high"]


def test_usage_can_be_ignored(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    streamed = CASES[0] | {"response_body": sse(text_chunks(["a"], USAGE))}
    _, counts, _ = run(write(tmp_path / "x.jsonl", CASES[0], streamed), capsysbinary, "--ignore-usage")
    assert [count["token_source"] for count in counts] == ["tokenized", "tokenized"]
    assert [count["cached_tokens"] for count in counts] == [None, None]


def test_a_bad_line_is_named_and_the_others_are_counted(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    bad = ["{half", {"api": "telepathy"}, [1], CASES[0] | {"response_bytes": "many"}, CASES[0] | {"request": 7}]
    path = write(tmp_path / "x.jsonl", CASES[0], *bad, "", CASES[1])
    code, counts, err = run(path, capsysbinary)
    assert code == 4
    assert [count["id"] for count in counts] == ["a", "b"]
    for number in range(2, 7):
        assert f"{path}:{number}: " in err
    assert "5 lines" in err


def test_a_prompt_never_shows_in_the_narration(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    _, _, err = run(write(tmp_path / "x.jsonl", CASES[0] | {"request": ["azure heron"]}), capsysbinary)
    assert err
    assert "azure heron" not in err


def test_a_compressed_file_gives_the_same_and_so_does_a_target(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    plain = write(tmp_path / "x.jsonl", *CASES)
    packed = tmp_path / "x.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    main(["tokens", "count", str(plain)])
    shown = capsysbinary.readouterr().out
    main(["tokens", "count", str(packed), "-o", str(tmp_path / "counts.jsonl")])
    assert capsysbinary.readouterr().out == b""
    assert (tmp_path / "counts.jsonl").read_bytes() == shown


def test_a_missing_file_is_a_usage_error(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, counts, err = run(tmp_path / "none.jsonl", capsysbinary)
    assert (code, counts) == (2, [])
    assert "none.jsonl" in err
