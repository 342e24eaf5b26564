"""What docstrings say, for the pages."""


def summary(thing: object) -> str:
    """First paragraph of a docstring, on one line; "" without one."""
    return " ".join((thing.__doc__ or "").split("\n\n")[0].split())
