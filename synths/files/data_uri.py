"""Data URIs: the bytes of a file within a page."""

from base64 import b64encode


def data_uri(media_type: str, data: bytes) -> str:
    """A URI that holds the data of a file, such as an "audio/wav" or an "image/png"."""
    return f"data:{media_type};base64,{b64encode(data).decode()}"
