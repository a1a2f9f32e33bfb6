"""Text to token counts, with OpenAI's own tokenizers and no network."""

import tiktoken


def encoder(model: str | None) -> tiktoken.Encoding | None:
    """The tokenizer of a model; None where no OpenAI tokenizer is known for it."""
    raise NotImplementedError


def text_tokens(model: str, text: str) -> int:
    """Tokens of `text`, special tokens read as plain text."""
    raise NotImplementedError
