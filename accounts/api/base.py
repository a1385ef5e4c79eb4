"""What every management view does before and after its own three lines.

Rule 1: one request, one transaction, bound to the tenant before any row is touched.
Rule 2: capability, throttle and reach are declared on the class, never asked for in a method.
Rule 3: writes take If-Match and Idempotency-Key; lists page by signed cursors.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from accounts.access import Access, superadmin_access
from accounts.actors import Actor
from accounts.api.authentication import Caller, caller_of
from accounts.api.cursors import page_of
from accounts.api.permissions import Need, Needs, Reach
from accounts.errors import FieldProblem, Invalid, Refused
from accounts.models import User
from accounts.selectors.access import (
    access_of_key,
    access_of_master,
    access_of_person,
    access_of_user,
)
from accounts.services import idempotency
from accounts.tenancy import platform_scope, tenant_scope, user_scope

STATEMENT_TIMEOUT: Final = "10s"
# Of a request that hangs between two statements; its connection is one of ten.
IDLE_TIMEOUT: Final = "15s"
TENANT_HEADER: Final = "X-Switchyard-Tenant"
LONGEST_SHOWN: Final = 255
IDEMPOTENCY_KEY: Final = re.compile(rf"[\x20-\x7e]{{1,{LONGEST_SHOWN}}}")
VERSION: Final = re.compile(r"[0-9]{1,18}")
METHODS: Final = ["get", "post", "patch", "delete", "head"]

M = TypeVar("M", bound=Model)


class ManagementView(APIView):
    """`capabilities` maps the action of a view set, or the method of a plain view, to its need."""

    capabilities: ClassVar[Needs] = {}
    reach: ClassVar[Reach] = Reach.TENANT
    # Actions that a session may do only with a proof of identity of the last ten minutes.
    step_up: ClassVar[frozenset[str]] = frozenset()
    # Fields of an answer that a replay must not show again.
    shown_once: ClassVar[frozenset[str]] = frozenset()
    # A view without throttle says why.
    unthrottled_because: ClassVar[str] = ""
    http_method_names = METHODS

    access: Access
    # Set once a serializer has looked at the body.
    body_was_read: bool = False

    def action_name(self) -> str:
        action: str | None = getattr(self, "action", None)
        method = (self.request.method or "").lower()
        return action or ("get" if method == "head" else method)

    def need(self) -> Need:
        try:
            return self.capabilities[self.action_name()]
        except KeyError:
            raise exceptions.MethodNotAllowed(self.request.method or "") from None

    def asks_step_up(self) -> bool:
        """Every platform page does, and of a tenant's what the class names."""
        return self.reach == Reach.PLATFORM or self.action_name() in self.step_up

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        del args
        self.format_kwarg = self.get_format_suffix(**kwargs)
        renderer, media_type = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = renderer, media_type
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """DRF's own, with the handler inside the bound transaction and errors outside of it."""
        self.args, self.kwargs = args, kwargs
        wrapped = self.initialize_request(request, *args, **kwargs)
        self.request = wrapped
        self.headers = self.default_response_headers
        try:
            self.initial(wrapped, *args, **kwargs)
            name = (request.method or "").lower()
            # Other methods of a view are no methods of HTTP, whatever they are called.
            known = name if name in self.http_method_names else ""
            handler = getattr(self, known, self.http_method_not_allowed)
            with self.bound():
                response = self._answer_once(wrapped, handler)
            self.after_commit(response)
        except Exception as raised:  # noqa: BLE001 - handle_exception re-raises what it does not know
            response = self.handle_exception(raised)
        self.response = self.finalize_response(wrapped, response, *args, **kwargs)
        # Answers differ by session, key and tenant, and none is for who comes after signing out.
        self.response.headers.setdefault("Cache-Control", "no-store")
        return self.response

    def after_commit(self, response: Response) -> None:
        """For what an answer can only tell once its change is committed."""

    def _answer(self, request: Request, handler: Callable[..., Response]) -> Response:
        """Refuses a body no serializer looked at; inside the transaction, so nothing was done."""
        response = handler(request, *self.args, **self.kwargs)
        body: Any = {} if request.method in SAFE_METHODS else request.data
        if self.body_was_read or not body:
            return response
        named = sorted(body) if isinstance(body, dict) else [""]
        raise Invalid(
            FieldProblem(field=name, code="unknown_field", message="this call takes no body")
            for name in named
        )

    def tenant_choice(self, request: Request) -> str:
        """Slug or id of the tenant that is asked for; empty for the only one."""
        return request.headers.get(TENANT_HEADER, "").strip()

    def resolve_access(self, request: Request, caller: Caller) -> Access:
        choice = self.tenant_choice(request)
        if caller.key is not None:
            return access_of_key(key=caller.key, tenant_choice=choice)
        if self.reach != Reach.TENANT:
            return access_of_person(user=caller.user) if caller.user else superadmin_access()
        if caller.user is None:
            return access_of_master(tenant_choice=choice)
        return access_of_user(user=caller.user, tenant_choice=choice)

    @contextmanager
    def bound(self) -> Iterator[None]:
        with self._scope():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true),"
                    " set_config('idle_in_transaction_session_timeout', %s, true)",
                    [STATEMENT_TIMEOUT, IDLE_TIMEOUT],
                )
            yield

    @contextmanager
    def _scope(self) -> Iterator[None]:
        if self.reach == Reach.TENANT:
            with tenant_scope(tenant_id=self.access.the_tenant().id):
                yield
        elif self.reach == Reach.PLATFORM:
            with platform_scope("a superadmin works on the platform"):
                yield
        elif self.reach == Reach.PERSON:
            with user_scope(user_id=self.person().id):
                yield
        else:
            with transaction.atomic():
                yield

    def _answer_once(self, request: Request, handler: Callable[..., Response]) -> Response:
        """The kept answer when this Idempotency-Key was seen before, else the handler's."""
        key = request.headers.get("Idempotency-Key", "")
        repeatable = self.reach in {Reach.TENANT, Reach.PLATFORM}
        if not key or not repeatable or request.method in SAFE_METHODS:
            return self._answer(request, handler)
        if IDEMPOTENCY_KEY.fullmatch(key) is None:
            raise Invalid.one(
                field="Idempotency-Key",
                message=f"at most {LONGEST_SHOWN} printable characters of ASCII",
            )
        tenant_id = self.access.tenant.id if self.access.tenant is not None else None
        kept = idempotency.claim(
            tenant_id=tenant_id,
            key=key,
            request_sha256=request_digest(request, caller=self.caller()),
        )
        if kept is not None:
            return Response(
                kept.body,
                status=kept.status,
                headers={"Cache-Control": "no-store", "Idempotency-Replayed": "true"},
            )
        response = self._answer(request, handler)
        answer = idempotency.KeptAnswer(
            status=response.status_code, body=self._without_secrets(response.data)
        )
        idempotency.keep(tenant_id=tenant_id, key=key, answer=answer)
        return response

    def _without_secrets(self, data: Any) -> Any:
        body = msgspec.to_builtins(data, enc_hook=str)
        for name in self.shown_once:
            if isinstance(body, dict) and body.get(name) is not None:
                body = {**body, name: None, f"{name}_shown": True}
        return body

    def caller(self) -> Caller:
        caller = caller_of(self.request)
        if caller is None:
            raise Refused("not_authenticated")
        return caller

    def person(self) -> User:
        """Who is signed in; keys are no persons."""
        user = self.caller().user
        if user is None:
            raise Refused("session_required")
        return user

    def actor(self) -> Actor:
        return self.caller().actor(self.request)

    def body(self, serializer: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The validated body; an empty one is an empty object."""
        self.body_was_read = True
        data = self.request.data if self.request.META.get("CONTENT_LENGTH") not in {"", "0"} else {}
        checked = serializer(data=data, partial=partial, context={"access": self.access})
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    def query(self, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """The validated query; a name that is no filter of this list, or is there twice, is
        refused."""
        given = self.request.query_params
        repeated = [name for name, values in given.lists() if len(values) > 1]
        if repeated:
            raise Invalid(
                FieldProblem(field=name, code="repeated", message="expected once")
                for name in repeated
            )
        checked = serializer(data=given.dict())
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    def expected_version(self) -> int | None:
        """From If-Match: `"3"`; None without the header or with `*`."""
        given = self.request.headers.get("If-Match", "").strip()
        if given in {"", "*"}:
            return None
        digits = given.removeprefix("W/").strip('"')
        if VERSION.fullmatch(digits) is None:
            shown = given[:LONGEST_SHOWN]
            raise Invalid.one(field="If-Match", message=f'{shown!r} is no version; write "3" or *')
        return int(digits)

    def page(
        self, rows: QuerySet[M], *, serializer: type[BaseSerializer[M]], by: str = "id"
    ) -> Response:
        found = page_of(
            rows,
            query=self.request.query_params.dict(),
            tenant_id=self.access.tenant.id if self.access.tenant is not None else "platform",
            path=self.request.path,
            by=by,
        )
        shown: Any = self.completed(found.rows)  # many rows where the stubs know of one
        data = serializer(shown, many=True, context={"access": self.access}).data
        return Response(
            {
                "data": data,
                "has_more": found.next_cursor is not None,
                "next_cursor": found.next_cursor,
            }
        )

    def completed(self, rows: list[Any]) -> list[Any]:
        """Of a page, what its rows are shown with beside their columns."""
        return rows

    def row(
        self,
        row: Any,
        *,
        serializer: type[BaseSerializer[Any]],
        status: int = 200,
        once: Mapping[str, Any] | None = None,
    ) -> Response:
        """One row with its ETag; `once` adds fields that are never shown again."""
        data = {**serializer(row, context={"access": self.access}).data, **(once or {})}
        headers = {"ETag": f'"{row.version}"', "Cache-Control": "no-store" if once else "no-cache"}
        return Response(data, status=status, headers=headers)


class TenantViewSet(ViewSetMixin, ManagementView):
    """Rows of one tenant."""


class PlatformViewSet(ViewSetMixin, ManagementView):
    """Rows of the installation; superadmins only."""

    reach = Reach.PLATFORM


class PersonViewSet(ViewSetMixin, ManagementView):
    """What belongs to the signed-in person."""

    reach = Reach.PERSON


def request_digest(request: Request, *, caller: Caller) -> bytes:
    """The same for a repeat by the same caller only."""
    told = msgspec.json.encode(
        [caller.kind, caller.ident, request.method, request.get_full_path(), request.data],
        order="deterministic",
    )
    return hashlib.sha256(told).digest()
