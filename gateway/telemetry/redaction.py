"""What no log line may hold, by the name of a field and by the look of a value.

Law: redaction is the last thing that happens to a line before it is written; it errs towards
hiding.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "***"
MAX_DEPTH: Final = 6
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


def redacted_text(text: str) -> str:
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
        str(name): HIDDEN
        if SECRET_NAME.search(str(name)) and value
        else redacted(value, depth=depth)
        for name, value in fields.items()
    }
