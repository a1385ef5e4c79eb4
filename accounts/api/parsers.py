"""JSON bodies: at most 1 MB, within the structural limits of `protocols.json_limits`."""

from collections.abc import Mapping
from typing import IO, Any, Final

from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import BaseParser

from accounts.errors import Refused
from protocols.json_limits import JsonRefused, read_json

MAX_BODY_BYTES: Final = 1_048_576


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            body = stream.read(MAX_BODY_BYTES + 1)
        except RequestDataTooBig:
            raise Refused("body_too_large") from None
        if len(body) > MAX_BODY_BYTES:
            raise Refused("body_too_large")
        return parsed(body)


def parsed(body: bytes) -> Any:
    """Raises Refused for what is not JSON within the limits."""
    try:
        return read_json(body)
    except JsonRefused as refused:
        raise Refused("malformed_json", f"The body was refused: {refused}.") from None
