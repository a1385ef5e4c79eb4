"""Lock-out after bad sign-ins: five failures of one login from one address lock that pair.

Law: never the login alone, or anybody could lock anybody out; never the address alone, which
allauth's rate limit watches.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.core.cache import cache

FAILURES_ALLOWED: Final = 5
LOCK_S: Final = 15 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginThrottle:
    login: str
    ip: str

    def locked_for_s(self) -> int:
        """Seconds until this pair may try again; 0 when it may now."""
        until = cache.get(self._key("until"))
        return 0 if until is None else max(0, until - _now_s())

    def count_failure(self) -> bool:
        """Whether this failure is the one that locks."""
        key = self._key("failures")
        cache.add(key, 0, timeout=LOCK_S)
        if cache.incr(key) < FAILURES_ALLOWED:
            return False
        cache.set(self._key("until"), _now_s() + LOCK_S, timeout=LOCK_S)
        cache.delete(key)
        return True

    def forget(self) -> None:
        cache.delete(self._key("failures"))

    def _key(self, what: str) -> str:
        pair = f"{self.login.strip().lower()}|{self.ip}".encode()
        return f"sign-in:{what}:{hashlib.sha256(pair).hexdigest()}"


def _now_s() -> int:
    return int(datetime.now(UTC).timestamp())
