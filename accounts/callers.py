"""Who sends a Django request: address, agent, request id, and the actor they make."""

from typing import Any

from django.http import HttpRequest

from accounts.actors import Actor, ActorType
from accounts.addresses import parse_address
from accounts.models import User


def caller_ip(request: HttpRequest) -> str | None:
    """None where there is no address, as on a unix socket.

    The edge has put the client behind trusted proxies in the place of the peer.
    """
    address = parse_address(request.META.get("REMOTE_ADDR", ""))
    return str(address) if address else None


def request_id_of(request: HttpRequest) -> str:
    """The id the edge gave this request; empty where there is no edge, as in unit tests."""
    scope: dict[str, Any] = getattr(request, "scope", {})
    request_id: str = scope.get("state", {}).get("request_id", "")
    return request_id


def note_for_log(request: HttpRequest, **facts: str) -> None:
    """Joins the one line the edge writes about this request; ids only, never a name or a secret."""
    scope: dict[str, Any] = getattr(request, "scope", {})
    scope.get("state", {}).update(facts)


def user_actor(request: HttpRequest, *, user: User) -> Actor:
    return actor_of(request, kind="user", actor_id=str(user.pk), label=user.email)


def unknown_actor(request: HttpRequest) -> Actor:
    """Somebody who has not proved who they are."""
    return actor_of(request, kind="system", actor_id="", label="anonymous")


def actor_of(request: HttpRequest, *, kind: ActorType, actor_id: str, label: str) -> Actor:
    return Actor(
        type=kind,
        id=actor_id,
        label=label,
        ip=caller_ip(request),
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        request_id=request_id_of(request),
    )
