"""How the text of a setting becomes a value, by the setting's kind.

Law: a parser raises ValueError with what was expected, so that the message can say it.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

TRUE: Final = frozenset({"true", "1", "yes", "on"})
FALSE: Final = frozenset({"false", "0", "no", "off"})
SIZE: Final = re.compile(r"([0-9]+)\s*([kmg]?)b?", re.IGNORECASE)
SIZE_FACTORS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
POOL_STRATEGIES: Final = ("round_robin", "weighted", "random", "failover")
# Two months of 31 days, and a day for zones.
LEAST_WINDOW_DAYS: Final = 63
BUDGETS: Final = 6
MOST_BUDGET: Final = 1_000_000
EMAIL_SCHEMES: Final = ("smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "filemail")


def _bool(raw: str) -> bool:
    word = raw.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError("true or false")


def _int(raw: str) -> int:
    if not _is_number(raw):
        raise ValueError("a whole number, 0 or more")
    return int(raw)


def _window_days(raw: str) -> int:
    if not _is_number(raw) or int(raw) < LEAST_WINDOW_DAYS:
        raise ValueError(
            f"a whole number, {LEAST_WINDOW_DAYS} or more: what this month has cost is compared"
            " with last month up to the same minute"
        )
    return int(raw)


def _optional_int(raw: str) -> int | None:
    return _int(raw) if raw.strip() else None


def _port(raw: str) -> int:
    if not _is_number(raw) or not 1 <= int(raw) <= 65535:
        raise ValueError("a port from 1 to 65535")
    return int(raw)


def _ports(raw: str) -> tuple[int, ...]:
    try:
        return tuple(_port(part) for part in _list(raw))
    except ValueError:
        raise ValueError("ports from 1 to 65535 separated by commas, as 443,8443") from None


def _budgets(raw: str) -> tuple[int, ...]:
    said = tuple(int(part) for part in _list(raw) if _is_number(part))
    is_rising = all(less < more for less, more in pairwise((0, *said, MOST_BUDGET)))
    if len(said) != len(_list(raw)) or len(said) != BUDGETS or not is_rising:
        raise ValueError("six whole numbers, each larger than the one before, below 1,000,000")
    return said


def _is_number(raw: str) -> bool:
    return raw.strip().isdigit() and raw.isascii()


def _size(raw: str) -> int:
    found = SIZE.fullmatch(raw.strip())
    if found is None:
        raise ValueError("bytes, or a number with k, m or g, as 256m")
    return int(found[1]) * SIZE_FACTORS[found[2].lower()]


def _list(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def _cidrs(raw: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part, strict=False) for part in _list(raw))
    except ValueError:
        raise ValueError("networks separated by commas, as 10.0.0.0/8,fd00::/8") from None


def _address(raw: str) -> str:
    if raw.strip().lower() == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(raw.strip()))
    except ValueError:
        raise ValueError("an address of this machine, as 127.0.0.1, 0.0.0.0 or ::1") from None


def _url(raw: str, *schemes: str) -> str:
    _parts(raw, *schemes)
    return raw


def _parts(raw: str, *schemes: str) -> SplitResult:
    if raw.partition("://")[0] not in schemes:
        raise ValueError(f"a URL starting with {' or '.join(s + '://' for s in schemes)}")
    try:
        parts = urlsplit(raw)
        _ = parts.port  # parsed only when it is read
    except ValueError:
        raise ValueError("a URL whose host and port can be read") from None
    return parts


def _origin(raw: str) -> str:
    parts = _parts(raw, "http", "https")
    if not parts.hostname or parts.username is not None or parts.path.strip("/"):
        raise ValueError("scheme and host without a path, as https://gateway.example")
    if parts.query or parts.fragment:
        raise ValueError("scheme and host without a query, as https://gateway.example")
    return f"{parts.scheme}://{parts.netloc}"


def _choice(raw: str, *words: str) -> str:
    if raw.strip().lower() not in words:
        raise ValueError(" or ".join(words))
    return raw.strip().lower()


PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "text": str,
    "bool": _bool,
    "int": _int,
    "optional_int": _optional_int,
    "days": _window_days,
    "port": _port,
    "ports": _ports,
    "budgets": _budgets,
    "size": _size,
    "list": _list,
    "cidrs": _cidrs,
    "path": Path,
    "address": _address,
    "origin": _origin,
    "email_url": lambda raw: _url(raw, *EMAIL_SCHEMES),
    "postgres_url": lambda raw: _url(raw, "postgres", "postgresql"),
    "redis_url": lambda raw: _url(raw, "redis", "rediss", "unix"),
    "pool_strategy": lambda raw: _choice(raw, *POOL_STRATEGIES),
    "log_level": lambda raw: _choice(raw, *LOG_LEVELS),
    "log_format": lambda raw: _choice(raw, "json", "console", "auto"),
    "spool_fsync": lambda raw: _choice(raw, "group", "always", "off"),
    "spool_on_full": lambda raw: _choice(raw, "deny", "best_effort"),
    "serve_role": lambda raw: _choice(raw, "all", "edge", "console"),
}
