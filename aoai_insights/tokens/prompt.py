"""Prompt tokens of a request: one entry for all APIs."""

from aoai_insights.tokens.chat import chat_prompt
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Answer, Api, Counted, Request
from aoai_insights.tokens.families import encoding_name
from aoai_insights.tokens.responses import responses_prompt


def count_prompt(
    api: Api, model: str, request: Request, created: int | None = None, *, answer: Answer | None = None
) -> Counted:
    """Prompt tokens of one request.

    `created` is the answer's Unix time and decides between dated rules; unknown means now. `answer` matters to the
    Responses API alone, which bills a prompt only in part when the answer makes parallel calls (rule 9).
    """
    if encoding_name(model) is None:
        return Counted(None, ("no_tokenizer",))
    if api == "chat":
        return chat_prompt(model, request, created).counted()
    if api == "responses":
        return responses_prompt(model, request, created, answer).counted()
    if api == "completions":
        return Counted(_inputs_tokens(model, request.get("prompt")))
    if api == "embeddings":
        return Counted(_inputs_tokens(model, request.get("input")))
    return Counted(None, (f"{api}_api",))


def _inputs_tokens(model: str, given: object, levels: int = 2) -> int:
    """A text, a list of texts, a list of token ids, or a list of such lists (rule 12)."""
    if isinstance(given, str):
        return text_tokens(model, given)
    if isinstance(given, int):
        return 1
    if not isinstance(given, list) or levels == 0:
        return 0
    return sum(_inputs_tokens(model, one, levels - 1) for one in given)
