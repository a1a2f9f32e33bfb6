"""Text that others wrote, made safe to print."""


def printable(text: str) -> str:
    """`text` without anything that a terminal would obey: control characters and overrides are spelled out.

    Line feeds stay. U+001B becomes \\x1b, U+202E becomes \\u202e.
    """
    return "".join(c if c.isprintable() or c == "\n" else _spelled(c) for c in text)


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
