"""600 requests a minute per session, key or address, counted in the cache.

Law: when the cache is away the request passes: the limit protects this service from load, it guards
nothing that authentication does not guard.
"""

import hashlib
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.api.authentication import caller_of
from accounts.api.counting import count
from accounts.callers import caller_ip

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module

REQUESTS_PER_MINUTE: Final = 600
WINDOW_S: Final = 60


class ManagementThrottle(BaseThrottle):
    def __init__(self) -> None:
        self._wait_s = 0.0

    def allow_request(self, request: Request, _view: "APIView") -> bool:
        now_s = datetime.now(UTC).timestamp()
        window = math.floor(now_s / WINDOW_S)
        bucket = f"management:requests:{identity(request)}:{window}"
        self._wait_s = WINDOW_S - now_s % WINDOW_S
        return count(bucket, window_s=2 * WINDOW_S) <= REQUESTS_PER_MINUTE

    def wait(self) -> float:
        return math.ceil(self._wait_s)


def identity(request: Request) -> str:
    caller = caller_of(request)
    if caller is None:
        return f"address:{caller_ip(request)}"
    if caller.kind == "user":
        # Hashed: who reads the cache must not find cookies there.
        session_key = request.session.session_key or ""
        return f"session:{hashlib.sha256(session_key.encode()).hexdigest()}"
    return f"{caller.kind}:{caller.ident}"
