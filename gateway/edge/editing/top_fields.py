"""What a body says at its top; the rest of it stays the bytes that arrived."""

from typing import Final

import msgspec

from gateway.edge.errors import refusal
from protocols.json_limits import JsonRefused, check_structure

TOP: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
SHOWN_CHARS: Final = 40


def top_level(body: bytes) -> dict[str, msgspec.Raw]:
    if not body:
        raise refusal("invalid_request", "The body is empty; expected a JSON object.")
    try:
        check_structure(body)
        if not body.isascii():
            body.decode()
        return TOP.decode(body)
    except JsonRefused as refused:
        raise refusal("invalid_request", f"The body is not accepted: {refused}.") from None
    except UnicodeDecodeError as error:
        raise refusal("invalid_request", f"The body is not UTF-8 (byte {error.start}).") from None
    except msgspec.ValidationError:
        raise refusal(
            "invalid_request", f"The body is {shown(body)}; expected a JSON object."
        ) from None
    except msgspec.DecodeError as error:
        raise refusal("invalid_request", f"The body is not JSON: {error}.") from None


def shown(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace").strip()
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
