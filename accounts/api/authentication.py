"""Who calls the management API: a management key, the master key, or a signed-in person with CSRF.

Rule 1: a key that was sent decides; a session beside it is ignored.
Rule 2: before proof of possession the answer is constant; after it, it says what is wrong.
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts import keys
from accounts.actors import Actor
from accounts.addresses import is_within, parse_address
from accounts.api.counting import count
from accounts.callers import actor_of, caller_ip
from accounts.errors import Refused
from accounts.models import ApiKey, User
from accounts.selectors.key_possession import key_in_possession
from accounts.services.key_use import note_use

BEARER: Final = "bearer "
FAILURES_PER_MINUTE: Final = 30
FAILURE_WINDOW_S: Final = 60
REFUSED_STATUS: Final = {
    "disabled": "key_disabled",
    "revoked": "key_revoked",
    "expired": "key_expired",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Proved identity; `user` and `key` are set by kind."""

    kind: Literal["user", "key", "master"]
    ident: str
    user: User | None = None
    key: ApiKey | None = None

    def actor(self, request: Request) -> Actor:
        label = {"user": str(self.user), "key": str(self.key), "master": "master key"}[self.kind]
        actor_id = f"key_{self.key.public_id}" if self.key else self.ident
        return actor_of(request, kind=self.kind, actor_id=actor_id, label=label)


def caller_of(request: Request) -> Caller | None:
    """Who was authenticated; None for nobody."""
    found: Any = request.auth
    return found if isinstance(found, Caller) else None


class SessionAuthentication(authentication.SessionAuthentication):
    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user: User = found[0]
        return user, Caller(kind="user", ident=str(user.pk), user=user)

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied:
            raise Refused("csrf_failed") from None


class ManagementKeyAuthentication(authentication.BaseAuthentication):
    kinds: frozenset[str] = frozenset({ApiKey.Kind.MANAGEMENT})

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Caller] | None:
        values = _sent_keys(request)
        if not values:
            return None
        for value in values:
            caller = _caller_of(value)
            if caller is not None:
                if caller.key is not None:
                    _refuse_unusable(caller.key, ip=caller_ip(request), kinds=self.kinds)
                    note_use(key=caller.key)
                return AnonymousUser(), caller
        _count_failure(ip=caller_ip(request))
        raise Refused("invalid_api_key")


class AnyKeyAuthentication(ManagementKeyAuthentication):
    """For what client keys may ask as well: what they have used themselves."""

    kinds = frozenset({ApiKey.Kind.MANAGEMENT, ApiKey.Kind.CLIENT})


def _sent_keys(request: Request) -> list[str]:
    """Bearer before x-api-key; several different values: the first valid one counts."""
    authorization = request.META.get("HTTP_AUTHORIZATION", "")
    bearer = authorization[len(BEARER) :] if authorization.lower().startswith(BEARER) else ""
    sent = (bearer.strip(), request.META.get("HTTP_X_API_KEY", "").strip())
    return [value for value in sent if value]


def _caller_of(value: str) -> Caller | None:
    master = settings.MASTER_API_KEY
    if master and hmac.compare_digest(_hash(value), _hash(master)):
        return Caller(kind="master", ident="master")
    if keys.public_id_of(value) is None:
        return None
    key = key_in_possession(value=value)
    return None if key is None else Caller(kind="key", ident=str(key.pk), key=key)


def _hash(value: str) -> bytes:
    """Equal lengths, so that comparing tells nothing about the length."""
    return hashlib.sha256(value.encode()).digest()


def _refuse_unusable(key: ApiKey, *, ip: str | None, kinds: frozenset[str]) -> None:
    expired = key.expires_at is not None and key.expires_at <= timezone.now()
    status = "expired" if expired and key.status == ApiKey.Status.ACTIVE else str(key.status)
    if status in REFUSED_STATUS:
        raise Refused(REFUSED_STATUS[status])
    if key.kind not in kinds:
        raise Refused("management_key_required")
    address = parse_address(ip or "")
    denied = [ipaddress.ip_network(network) for network in key.denied_ips]
    allowed = [ipaddress.ip_network(network) for network in key.allowed_ips]
    if is_within(address, denied) or (allowed and not is_within(address, allowed)):
        raise Refused("ip_not_allowed")


def _count_failure(*, ip: str | None) -> None:
    """Guessing gets slow; a valid key from the same address never notices."""
    failures = count(f"management:failures:{ip}", window_s=FAILURE_WINDOW_S)
    if failures > FAILURES_PER_MINUTE:
        raise Refused("rate_limited", facts={"retry_after": FAILURE_WINDOW_S})


class ManagementKeyScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.ManagementKeyAuthentication"
    name = ["managementKey", "managementKeyHeader"]

    def get_security_definition(self, _auto_schema: Any) -> list[dict[str, str]]:
        text = "A management key (sy-live-…) or the master key."
        return [
            {"type": "http", "scheme": "bearer", "description": text},
            {"type": "apiKey", "in": "header", "name": "x-api-key", "description": text},
        ]


class AnyKeyScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.AnyKeyAuthentication"
    name = ["anyKey", "anyKeyHeader"]

    def get_security_definition(self, _auto_schema: Any) -> list[dict[str, str]]:
        text = "A management key, the master key, or a client key with the scope usage.read."
        return [
            {"type": "http", "scheme": "bearer", "description": text},
            {"type": "apiKey", "in": "header", "name": "x-api-key", "description": text},
        ]


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The console's session; writes also carry X-CSRFToken.",
        }
