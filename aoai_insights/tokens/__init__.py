"""From a request and a response to tokens with a source. Pure: no clock, no disk but the tokenizer's rank files."""
