"""Who sends a Django request: address, agent, request id, and the actor they make."""

from typing import Literal

from django.conf import settings
from django.http import HttpRequest

from accounts.actors import Actor
from accounts.addresses import client_address, parse_address
from accounts.models import User


def caller_ip(request: HttpRequest) -> str | None:
    """The client behind trusted proxies; None where there is no address, as on a unix socket."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    address = client_address(
        peer=request.META.get("REMOTE_ADDR", ""),
        forwarded_for=[forwarded] if forwarded else [],
        trusted=settings.TRUSTED_PROXY_CIDRS,
    )
    return address if parse_address(address) else None


def user_actor(request: HttpRequest, *, user: User) -> Actor:
    return _actor(request, kind="user", actor_id=str(user.pk), label=user.email)


def unknown_actor(request: HttpRequest) -> Actor:
    """Somebody who has not proved who they are."""
    return _actor(request, kind="system", actor_id="", label="anonymous")


def _actor(
    request: HttpRequest, *, kind: Literal["user", "system"], actor_id: str, label: str
) -> Actor:
    return Actor(
        type=kind,
        id=actor_id,
        label=label,
        ip=caller_ip(request),
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        request_id=request.META.get("HTTP_X_REQUEST_ID", "")[:64],
    )
