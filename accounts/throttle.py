"""Lock-out after bad sign-ins: five failures of one login from one address lock that pair.

Law: never the login alone, or anybody could lock anybody out; never the address alone, which
allauth's rate limit watches.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.core.cache import cache

FAILURES_ALLOWED: Final = 5
LOCK_S: Final = 15 * 60
TOLD_EVERY_S: Final = 60
# Longer than any password takes; a worker that dies while judging leaves its place for no longer.
JUDGED_WITHIN_S: Final = 30
# Three steps of 30 s: the current one and, for clocks that differ, its neighbours.
CODE_LIFE_S: Final = 90


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
        if _count(key, kept_s=LOCK_S) < FAILURES_ALLOWED:
            return False
        cache.set(self._key("until"), _now_s() + LOCK_S, timeout=LOCK_S)
        cache.delete(key)
        return True

    def enter(self) -> bool:
        """Whether this attempt may be judged now; `leave` when it has been, or may not.

        As many at once as may fail: each of them finds the pair not yet locked.
        """
        return _count(self._key("judged"), kept_s=JUDGED_WITHIN_S) <= FAILURES_ALLOWED

    def leave(self) -> None:
        # ValueError: the count ended meanwhile.
        with suppress(ValueError):
            cache.decr(self._key("judged"))

    def tells(self) -> bool:
        """Whether the attempt just refused is the first of this minute: the others are not told.

        Nothing else bounds them, and the audit log is kept for ever.
        """
        return bool(cache.add(self._key("told"), 1, timeout=TOLD_EVERY_S))

    def forget(self) -> None:
        cache.delete(self._key("failures"))

    def _key(self, what: str) -> str:
        pair = f"{self.login.strip().lower()}|{self.ip}".encode()
        return f"sign-in:{what}:{hashlib.sha256(pair).hexdigest()}"


def _count(key: str, *, kept_s: int) -> int:
    cache.add(key, 0, timeout=kept_s)
    try:
        return int(cache.incr(key))
    except ValueError:
        # It ended between the two: this one is the first again.
        return 1


def first_use(*, user_id: object, code: str) -> bool:
    """Whether this person gives this code for the first time in the code's life."""
    digits = "".join(filter(str.isalnum, code))
    key = hashlib.sha256(f"{user_id}|{digits}".encode()).hexdigest()
    return bool(cache.add(f"sign-in:code:{key}", 1, timeout=CODE_LIFE_S))


def _now_s() -> int:
    return int(datetime.now(UTC).timestamp())
