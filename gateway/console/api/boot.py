"""What the console needs before anybody is signed in: at most 2 KiB, and alive without services."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.problem_codes import PROBLEMS
from accounts.regions import LOCALES
from accounts.selectors.setup import setup_required
from gateway import VERSION
from gateway.console.api.anonymous import AnonymousView
from gateway.console.api.serializers import BootSerializer, ErrorCodesSerializer
from gateway.console.build import build_id

OK: Final = "ok"
UNREACHABLE: Final = "unreachable"
PROBE: Final = "boot:probe"


class BootView(AnonymousView):
    # A session cookie must not make this ask a database that is out.
    authentication_classes: Any = []
    throttle_classes: Any = []
    unthrottled_because = "it answers while the cache, which counts, is out"

    @contextmanager
    def bound(self) -> Iterator[None]:
        """No transaction: it answers while PostgreSQL is out."""
        yield

    @extend_schema(responses=BootSerializer)
    def get(self, request: Request) -> Response:
        states = {"postgres": _state(_ask_database), "cache": _state(_ask_cache)}
        return Response(
            {
                "version": VERSION,
                "build": build_id(settings.CONSOLE_DIST),
                "setup_required": states["postgres"] == OK and setup_required(),
                "components": [{"name": name, "state": state} for name, state in states.items()],
                "sign_in": {"password": True, "email_reset": bool(settings.EMAIL_URL)},
                "locale_default": LOCALES[0],
                "csrf": get_token(request),
            },
            headers={"Cache-Control": "no-store"},
        )


class ErrorCodesView(AnonymousView):
    @extend_schema(responses=ErrorCodesSerializer)
    def get(self, _request: Request) -> Response:
        return Response({"data": [_row(code) for code in sorted(PROBLEMS)]})


def _row(code: str) -> dict[str, Any]:
    problem = PROBLEMS[code]
    return {
        "code": code,
        "status": problem.status,
        "meaning": problem.meaning,
        "cause": problem.cause,
        "fix": problem.fix,
        "retry": problem.retry,
    }


def _state(ask: Callable[[], None]) -> str:
    try:
        ask()
    except (DatabaseError, redis.RedisError):
        return UNREACHABLE
    return OK


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_cache() -> None:
    cache.get(PROBE)
