"""Text that anybody may have written, in a Markdown page that a site may show."""

import re


def cell(text: object) -> str:
    """Plain text: on one line, its signs escaped."""
    escaped = "".join(f"\\{sign}" if sign in r"\`*_[]<>|#" else sign for sign in str(text))
    return " ".join(escaped.split())


def code(text: object) -> str:
    """Code within a line."""
    return "`" + " ".join(str(text).replace("`", "'").replace("|", "\\|").split()) + "`"


def fenced(text: str, language: str) -> str:
    """A block of code, between fences longer than any row of backticks in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}{fence}\n"
