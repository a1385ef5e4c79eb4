"""What each management view asks of its caller.

Law: a view names a need for every method it answers; accounts.E001 and the route inventory fail
without.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from django.db.models import TextChoices
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts import mfa, sessions
from accounts.access import Access
from accounts.api.authentication import Caller, caller_of
from accounts.callers import note_for_log
from accounts.errors import PermissionLacking, Refused
from accounts.models import Tenant

# One capability, or several of which any will do: `key.create_any` and its narrower forms.
Need: TypeAlias = str | tuple[str, ...]
Needs: TypeAlias = Mapping[str, Need]

ANYONE: Final = "anyone"
SIGNED_IN: Final = "signed_in"
MEMBER: Final = "member"
# Needs that are no capability.
OPEN_NEEDS: Final = frozenset({ANYONE, SIGNED_IN, MEMBER})


class Reach(TextChoices):
    """Whose rows a view touches, and so what its transaction is bound to."""

    TENANT = "tenant"
    PLATFORM = "platform"
    PERSON = "person"
    NONE = "none"


class HasCapability(BasePermission):
    """Raises the precise refusal instead of answering False."""

    def has_permission(self, request: Request, view: Any) -> bool:
        need: Need = view.need()
        if need == ANYONE:
            return True
        caller = caller_of(request)
        if caller is None:
            raise Refused("not_authenticated")
        if view.reach == Reach.PERSON and caller.kind != "user":
            raise Refused("session_required")
        view.access = view.resolve_access(request, caller)
        _note_for_log(request, caller, view.access)
        named = (need,) if isinstance(need, str) else need
        if not OPEN_NEEDS.issuperset(named) and not view.access.holds(*named):
            raise PermissionLacking(named[0])
        if view.access.tenant is not None and view.reach == Reach.TENANT:
            _check_tenant(request, caller, view)
        if caller.kind == "user" and view.asks_step_up():
            _check_step_up(request)
        return True


def _note_for_log(request: Request, caller: Caller, access: Access) -> None:
    if access.tenant is not None:
        note_for_log(request, tenant=access.tenant.slug)
    if caller.key is not None:
        note_for_log(request, key_id=f"key_{caller.key.public_id}")


def _check_tenant(request: Request, caller: Caller, view: Any) -> None:
    tenant: Tenant = view.access.tenant
    if caller.user is not None and mfa.is_missing(access=view.access):
        raise Refused("mfa_required")
    closed = tenant.status != Tenant.Status.ACTIVE
    if closed and request.method not in SAFE_METHODS and not view.access.superadmin:
        raise Refused("tenant_suspended")


def _check_step_up(request: Request) -> None:
    if not sessions.proved_recently(request._request):  # noqa: SLF001 - DRF keeps Django's request there
        raise Refused("step_up_required")
