"""What no log line may hold, by the name of a field and by the look of a value.

Law: redaction is the last thing that happens to a line before it is written; it errs towards
hiding.
"""

import re
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final

HIDDEN: Final = "***"
MAX_DEPTH: Final = 6
REMEMBERED_NAMES: Final = 1_024
SECRET_NAME: Final = re.compile(
    r"(?:^|[_-])(?:password|passwd|passphrase|secret|token|authorization|cookies?|api[_-]?key|apikey"
    r"|(?:master|private|secret)[_-]?key|credentials?|pepper|kek|dsn|session(?:id|[_-]?key)"
    r"|csrf[a-z_]*|totp[a-z_]*|recovery[_-]?codes?|(?:database|redis|broker|email)[_-]url)$",
    re.IGNORECASE,
)
SECRET_VALUES: Final = (
    (re.compile(r"\bsy-(live|test)-[A-Za-z0-9_-]+"), r"sy-\1-***"),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"\b([a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]*@", re.IGNORECASE), r"\1***@"),
    (
        re.compile(r"([?&](?:key|token|code|signature|password)=)[^&\s\"']+", re.IGNORECASE),
        r"\1***",
    ),
    (
        re.compile(r"\b(password|passwd|secret|token)(=|:\s*)['\"]?[^\s'\",;}]+", re.IGNORECASE),
        r"\1\2***",
    ),
    (re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), HIDDEN),
    (re.compile(r"\bAIza[A-Za-z0-9_-]{30,}"), HIDDEN),
)


# Every value that a pattern above would change holds one of these, in small letters.
MARKS: Final = (
    "sy-live-", "sy-test-", "bearer", "basic", "://", "key=", "code=", "signature=", "password",
    "passwd", "secret", "token", "sk-", "pk-", "rk-", "akia", "asia", "aiza",
)  # fmt: skip


def may_hold_secret(text: str) -> bool:
    """Cheap, and never wrong when it says no."""
    small = text.casefold()
    return any(mark in small for mark in MARKS)


def redacted_text(text: str) -> str:
    if not may_hold_secret(text):
        return text
    for pattern, shown in SECRET_VALUES:
        text = pattern.sub(shown, text)
    return text


def redacted(value: Any, *, depth: int = 0) -> Any:
    """A copy without secrets; containers beyond MAX_DEPTH are hidden whole."""
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, bytes):
        return redacted_text(value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return HIDDEN if depth >= MAX_DEPTH else redacted_fields(value, depth=depth + 1)
    if isinstance(value, list | tuple | set | frozenset):
        return HIDDEN if depth >= MAX_DEPTH else [redacted(part, depth=depth + 1) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redacted_text(str(value))


def redacted_fields(fields: Mapping[Any, Any], *, depth: int = 0) -> dict[str, Any]:
    return {
        str(name): HIDDEN if is_secret_name(str(name)) and value else redacted(value, depth=depth)
        for name, value in fields.items()
    }


def redacted_line(fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The same for the flat line of each request, whose names are ours and no secret's."""
    texts = [value for value in fields.values() if type(value) is str]
    return redacted_fields(fields) if may_hold_secret("\n".join(texts)) else fields


@lru_cache(maxsize=REMEMBERED_NAMES)
def is_secret_name(name: str) -> bool:
    return SECRET_NAME.search(name) is not None
