"""What a model's name says about its tokens."""

import pytest

from aoai_insights.tokens.families import encoding_name, family, is_2023, reasons, reasons_at


@pytest.mark.parametrize(
    ("model", "tokenizer", "generation"),
    [
        ("gpt-4o-2024-08-06", "o200k_base", "gpt-4o"),
        ("chatgpt-4o-latest", "o200k_base", "gpt-4o"),
        ("ft:gpt-4o-mini-2024-07-18:org::id", "o200k_base", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18.ft-0123abc", "o200k_base", "gpt-4o"),
        ("azure/GPT-4o", "o200k_base", "gpt-4o"),
        ("gpt-4.1-mini", "o200k_base", "gpt-4o"),
        ("gpt-4.5-preview-2025-02-27", "o200k_base", "gpt-4o"),
        ("gpt-5-chat-latest", "o200k_base", "gpt-4o"),
        ("gpt-35-turbo", "cl100k_base", "gpt-4"),
        ("gpt-35-turbo-16k", "cl100k_base", "gpt-4"),
        ("gpt-3.5-turbo-0125", "cl100k_base", "gpt-4"),
        ("gpt-4", "cl100k_base", "gpt-4"),
        ("gpt-4-turbo-2024-04-09", "cl100k_base", "gpt-4"),
        ("o1-mini-2024-09-12", "o200k_base", "o1-preview"),
        ("o4-mini", "o200k_base", "o-series"),
        ("codex-mini", "o200k_base", "o-series"),
        ("computer-use-preview", "o200k_base", "o-series"),
        ("gpt-5.4-mini-2026-03-17", "o200k_base", "gpt-5"),
        ("gpt-oss-120b", "o200k_base", "gpt-5"),
        ("gpt-6-preview", "o200k_base", "gpt-5"),
    ],
)
def test_chat_models(model: str, tokenizer: str, generation: str) -> None:
    assert encoding_name(model) == tokenizer
    assert family(model).generation == generation


@pytest.mark.parametrize(
    ("model", "tokenizer"),
    [
        ("text-embedding-3-small", "cl100k_base"),
        ("text-embedding-ada-002", "cl100k_base"),
        ("davinci-002", "cl100k_base"),
        ("davinci:2023-07-21-v2", "cl100k_base"),
        ("gpt-3.5-turbo-instruct", "cl100k_base"),
        ("text-davinci-003", "p50k_base"),
        ("code-davinci-002", "p50k_base"),
        ("text-davinci-001", "r50k_base"),
        ("ada", "r50k_base"),
        ("text-similarity-babbage:001", "r50k_base"),
    ],
)
def test_other_models(model: str, tokenizer: str) -> None:
    assert encoding_name(model) == tokenizer
    assert not reasons(model)


@pytest.mark.parametrize(
    "model", ["grok-4", "Kimi-K2-Instruct", "Llama-3.3-70B", "claude-sonnet-4-5", "embed-english-v3.0", "whisper-1", ""]
)
def test_a_model_without_an_openai_tokenizer_is_said_to_be_so(model: str) -> None:
    assert encoding_name(model) is None
    assert not reasons(model)


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        pytest.param("gpt-4o", None, False, id="GPT-4 models never reason"),
        pytest.param("gpt-5-mini", None, True, id="GPT-5 reasons unless told not to"),
        pytest.param("gpt-5-mini", "minimal", False, id="minimal effort is no reasoning"),
        pytest.param("gpt-5.4", None, False, id="GPT-5.1 to 5.4 do not reason by default"),
        pytest.param("gpt-5.4", "medium", True, id="but do when asked"),
        pytest.param("gpt-5.2-chat", None, True, id="their chat models decide for themselves"),
        pytest.param("gpt-5.5", None, True, id="GPT-5.5 reasons by default again"),
        pytest.param("o3-mini", "low", True, id="o-series always reasons"),
    ],
)
def test_who_reasons(model: str, effort: str | None, expected: bool) -> None:
    assert reasons_at(model, effort) is expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4-0613", True),
        ("gpt-35-turbo", True),
        ("gpt-3.5-turbo", False),
        ("gpt-4-turbo", False),
        ("gpt-4o", False),
    ],
)
def test_models_of_2023(model: str, expected: bool) -> None:
    assert is_2023(model) is expected
