"""What a model's name says about how its tokens are counted: tokenizer, family, and the family's constants.

A name may be a model (`gpt-4o-2024-08-06`), an alias (`chatgpt-4o-latest`), Azure's spelling (`gpt-35-turbo`), a fine-tuned
model (`ft:gpt-4o-mini-2024-07-18:org::id`, `gpt-4o-mini-2024-07-18.ft-0123`) or carry a provider (`azure/gpt-4o`).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

EncodingName = Literal["o200k_base", "cl100k_base", "p50k_base", "r50k_base"]
Generation = Literal["gpt-4", "gpt-4o", "o-series", "gpt-5"]


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
class Family:
    """Tokens that a generation of chat models spends beside the text itself.

    All are numbers of tokens, found by subtracting the tokenized text from recorded usage (research: tokens, "The rules").
    """

    generation: Generation
    since: str
    """Date of the first recorded exchange that these constants hold for."""
    reply_start: int
    """Once per chat request: the header under which the model begins its answer (rule 1)."""
    earlier_answer: int
    """Per earlier assistant text message: the name of the channel it was said on (rule 3)."""
    tools_section: int
    """Chat: what a request with tools costs beside the text of its tools section (rule 4)."""
    instructions_heading: str
    """Written before the system text when a tools or response-format section follows it (rule 4)."""
    call: int
    """Chat: one earlier call and its result, beside names, arguments and result (rule 6)."""
    parallel_calls: int
    """Chat: earlier parallel calls and the message of their results (rule 6)."""
    answer_call: int
    """One call in an answer, beside `functions.`name and arguments."""
    answer_parallel: int
    """Parallel calls in an answer, beside the wrapper that names them."""
    answer_text: int
    """A text answer that ended by itself, beside its text."""


GPT_4 = Family("gpt-4", "2023-03-01", 3, 0, -1, "", 12, 20, 6, 10, 0)
GPT_4O = Family("gpt-4o", "2024-05-13", 3, 0, -1, "", 12, 20, 6, 10, 0)
O_SERIES = Family("o-series", "2024-12-17", 2, 0, 0, "# Instructions\n\n", 15, 23, 9, 13, 4)
GPT_5 = Family("gpt-5", "2025-08-07", 2, 2, 81, "# Instructions\n\n", 18, 26, 9, 13, 3)

_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"gpt-3\.5|gpt-4($|[-:]|\.ft)", GPT_4),
    (r"gpt-4|chatgpt-4o|gpt-(audio|realtime|image)", GPT_4O),
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
    """May the model spend completion tokens on reasoning that no body shows? `gpt-5-chat` models never do."""
    name = base_name(model)
    return family(model) in (O_SERIES, GPT_5) and encoding_name(model) is not None and "-chat" not in name


@lru_cache(maxsize=1024)
def is_2023(model: str) -> bool:
    """The models of 2023, which saw tools in an older form: no titles, other words for a forced call."""
    return re.match(r"gpt-4-(0314|0613|32k)|gpt-3\.5-turbo($|-16k|-0301|-0613)", base_name(model)) is not None
