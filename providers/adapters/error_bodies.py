"""What an error answer says, whichever of the usual shapes it has. Pure; never raises.

{"error": {"type", "code", "message", "param"}}   OpenAI and most who follow it
{"type": "error", "error": {"type", "message"}}   Anthropic
{"type", "code", "message"}                       Mistral, TGI; flat
{"code", "error": "text"}, {"error": "text"}      xAI, Ollama
{"detail": "text"}                                FastAPI and those built on it
{"error": {"code": 400, "status", "details"}}     Google, whose reason is the type, else its status
"""

from typing import Any, Final

import msgspec

MESSAGE_CHARS: Final = 500


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Empty where it was not said."""

    type: str = ""
    code: str = ""
    param: str = ""
    message: str = ""
    readable: bool = True  # it was an error in JSON at all
    html: bool = False


UNREADABLE: Final = Told(readable=False)
HTML: Final = Told(readable=False, html=True)


def told(body: bytes) -> Told:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return HTML if body.lstrip()[:1] == b"<" else UNREADABLE
    if not isinstance(value, dict):
        return UNREADABLE
    inner = value.get("error")
    if isinstance(inner, dict):
        return _read(inner)
    if isinstance(inner, str):
        return _read({**value, "message": inner})
    if "message" in value:
        return _read(value)
    if isinstance(detail := value.get("detail"), str):
        return _read({"message": detail})
    return UNREADABLE


def is_error(body: bytes) -> bool:
    """A 200 whose body is an error all the same."""
    if b'"error"' not in body:
        return False
    try:
        top = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return False
    said = bytes(top.get("error", b"null"))
    return said[:1] in {b"{", b'"'} and not top.keys() & {"choices", "content", "data"}


def _read(error: dict[str, Any]) -> Told:
    return Told(
        type=_word(error.get("type")) or _reason(error),
        code=_word(error.get("code")),
        param=_word(error.get("param")),
        message=_word(error.get("message"))[:MESSAGE_CHARS],
    )


def _reason(error: dict[str, Any]) -> str:
    details = error.get("details")
    for each in details if isinstance(details, list) else ():
        if isinstance(each, dict) and isinstance(reason := each.get("reason"), str):
            return reason
    status = error.get("status")
    return status if isinstance(status, str) else ""


def _word(value: object) -> str:
    # Codes come as numbers too: llama.cpp, OpenRouter.
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
