"""What a model's name says about how its tokens are counted: tokenizer, family, and the family's constants.

A name may be a model (`gpt-4o-2024-08-06`), an alias (`chatgpt-4o-latest`), Azure's spelling (`gpt-35-turbo`), a
fine-tuned model (`ft:gpt-4o-mini-2024-07-18:org::id`, `gpt-4o-mini-2024-07-18.ft-0123`) or carry a provider
(`azure/gpt-4o`).
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

EncodingName = Literal["o200k_base", "cl100k_base", "p50k_base", "r50k_base"]
Generation = Literal["gpt-4", "gpt-4o", "o1-preview", "o-series", "gpt-5"]


@lru_cache(maxsize=1024)
def base_name(model: str) -> str:
    """The model's own name: lower case, without provider, `ft:` and the fine-tuning suffix, `gpt-35` as `gpt-3.5`."""
    name = model.strip().lower().rsplit("/", 1)[-1].removeprefix("ft:")
    return re.sub(r"^gpt-35\b", "gpt-3.5", name)


_ENCODINGS: tuple[tuple[str, EncodingName], ...] = (
    # OpenAI's own table (tiktoken/model.py), as patterns over base names; the first match holds.
    (r"(text-|code-)?(similarity|search)-|(text-)?(ada|babbage|curie|davinci)-?(001)?($|:(?!2023))", "r50k_base"),
    (r"text-davinci-00[23]|text-davinci-edit|code-|davinci-codex|cushman-codex", "p50k_base"),
    (r"(davinci|babbage)(-002|:2023)", "cl100k_base"),
    (r"text-embedding-", "cl100k_base"),
    (r"gpt-3\.5|gpt-4($|[-:]|\.ft)", "cl100k_base"),
    (r"gpt-|chatgpt-|o\d|codex-|computer-use", "o200k_base"),
)


@lru_cache(maxsize=1024)
def encoding_name(model: str) -> EncodingName | None:
    """The tokenizer of a model; None for models that are not OpenAI's (grok, kimi, llama, claude ...).

    A name that looks like one of OpenAI's but is not known yet (`gpt-6-...`) gets o200k_base, the tokenizer of every
    chat model since May 2024.
    """
    name = base_name(model)
    return next((encoding for pattern, encoding in _ENCODINGS if re.match(pattern, name)), None)


@dataclass(frozen=True, slots=True)
class ChatTokens:
    """Chat Completions: tokens spent beside the text itself."""

    message: int
    """Every message: its start, its role, the separator before the content, its end (rule 1)."""
    reply_start: int
    """Once per request: the header under which the model begins its answer (rule 1)."""
    earlier_answer: int
    """Per earlier assistant text message: the name of the channel it was said on (rule 3)."""
    tools: int
    """A request with tools, beside the text of its tools section (rule 4)."""
    call: int
    """One earlier call and its result, beside names, arguments and result (rule 6)."""
    parallel_calls: int
    """Earlier parallel calls and the one message of their results (rule 6)."""
    text: int
    """A text answer that ended by itself, beside its text (rule 8)."""
    answer_call: int
    """One call in an answer, beside `functions.` name and arguments (rule 8)."""
    answer_parallel: int
    """Parallel calls in an answer, beside the wrapper that holds them (rule 8)."""
    reasoned: int
    """An answer before which the model reasoned: the end of that message and the start of the next (rule 8)."""


@dataclass(frozen=True, slots=True)
class ResponsesTokens:
    """Responses API: tokens spent beside the text itself."""

    reply_start: int
    tools: int
    """The tools section, which is never joined with the instructions (rule 9)."""
    schema: int
    """The response-format section (rule 9)."""
    call: int
    """One earlier call and its output, beside twice `functions.` name, arguments and output (rule 9)."""
    text: int
    """A text message of an answer, beside its text (rule 10)."""
    answer_call: int
    answer_parallel: int
    reasoned: int


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """A generation of chat models. All numbers are tokens, found by subtracting tokenized text from recorded usage
    (research: tokens, "The rules"); `since` is the date of the first recorded exchange they hold for."""

    generation: Generation
    since: str
    instructions_heading: str
    """Written before the system text when a tools or response-format section follows it (rule 4)."""
    chat: ChatTokens
    responses: ResponsesTokens


_CHAT_GPT_4 = ChatTokens(
    message=4, reply_start=3, earlier_answer=0, tools=-1, call=12, parallel_calls=20,
    text=0, answer_call=6, answer_parallel=10, reasoned=0,
)  # fmt: skip
_CHAT_O1_PREVIEW = ChatTokens(
    message=11, reply_start=-4, earlier_answer=0, tools=0, call=15, parallel_calls=23,
    text=5, answer_call=14, answer_parallel=18, reasoned=6,
)  # fmt: skip
_CHAT_O_SERIES = ChatTokens(
    message=4, reply_start=2, earlier_answer=0, tools=0, call=15, parallel_calls=23,
    text=7, answer_call=14, answer_parallel=18, reasoned=6,
)  # fmt: skip
_CHAT_GPT_5 = ChatTokens(
    message=4, reply_start=2, earlier_answer=2, tools=81, call=18, parallel_calls=26,
    text=3, answer_call=9, answer_parallel=13, reasoned=6,
)  # fmt: skip

_RESPONSES_GPT_4 = ResponsesTokens(
    reply_start=2, tools=3, schema=1, call=9, text=2, answer_call=7, answer_parallel=11, reasoned=0
)
_RESPONSES_GPT_4O = replace(_RESPONSES_GPT_4, reply_start=3, text=1)
_RESPONSES_O_SERIES = ResponsesTokens(
    reply_start=2, tools=6, schema=0, call=15, text=1, answer_call=12, answer_parallel=16, reasoned=0
)
_RESPONSES_GPT_5 = ResponsesTokens(
    reply_start=2, tools=9, schema=0, call=15, text=4, answer_call=10, answer_parallel=14, reasoned=2
)

GPT_4 = Family("gpt-4", "2023-11-09", "", _CHAT_GPT_4, _RESPONSES_GPT_4)
GPT_4O = Family("gpt-4o", "2024-09-09", "", _CHAT_GPT_4, _RESPONSES_GPT_4O)
O1_PREVIEW = Family("o1-preview", "2024-09-15", "", _CHAT_O1_PREVIEW, _RESPONSES_O_SERIES)
"""o1-preview and o1-mini, retired in 2025: other headers, indented text, no tools."""
O_SERIES = Family("o-series", "2025-02-04", "# Instructions\n\n", _CHAT_O_SERIES, _RESPONSES_O_SERIES)
GPT_5 = Family("gpt-5", "2025-08-19", "# Instructions\n\n", _CHAT_GPT_5, _RESPONSES_GPT_5)

REASONING = (O1_PREVIEW, O_SERIES, GPT_5)
"""Families whose models may reason. They do not see the tool choice."""

_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"gpt-3\.5|gpt-4($|[-:]|\.ft)", GPT_4),
    (r"gpt-4|chatgpt-4o|gpt-(audio|realtime|image)|gpt-5-chat", GPT_4O),
    (r"o1-(preview|mini)", O1_PREVIEW),
    (r"o\d|codex-|computer-use", O_SERIES),
    (r"gpt-|chatgpt-", GPT_5),
)


@lru_cache(maxsize=1024)
def family(model: str) -> Family:
    """The constants of a chat model; those of the newest generation for a name that is not known yet."""
    name = base_name(model)
    return next((found for pattern, found in _FAMILIES if re.match(pattern, name)), GPT_5)


@lru_cache(maxsize=1024)
def reasons(model: str) -> bool:
    """May the model spend completion tokens on reasoning that no body shows?"""
    return encoding_name(model) == "o200k_base" and family(model) in REASONING


_NO_EFFORT_BY_DEFAULT = re.compile(r"gpt-5\.[1-4]($|-(?!chat))")
"""Models whose `reasoning_effort` is `none` unless asked for (GPT-5.1 to 5.4)."""


def reasons_at(model: str, effort: object) -> bool:
    """Does the model reason at this `reasoning_effort` (None: the request does not say)?"""
    if not reasons(model) or effort in ("none", "minimal"):
        return False
    return effort is not None or _NO_EFFORT_BY_DEFAULT.match(base_name(model)) is None


@lru_cache(maxsize=1024)
def is_2023(model: str) -> bool:
    """The models of 2023, which see tools in an older form (rule 4, "models of 2023")."""
    bare = model.lower() == "gpt-35-turbo"  # OpenAI's own bare name is an alias of newer models
    return bare or re.match(r"gpt-4($|-0314|-0613|-32k)|gpt-3\.5-turbo-(16k|0301|0613)", base_name(model)) is not None


@lru_cache(maxsize=1024)
def may_be_0301(model: str) -> bool:
    """gpt-3.5-turbo-0301, or what Azure called by that name without its version until it retired."""
    return model.lower() in ("gpt-35-turbo", "gpt-35-turbo-0301", "gpt-3.5-turbo-0301")
