"""F-65, F-66: every route declares what it asks for, and every role meets exactly that.

The matrix is made from the URL resolver: a path that is added later is in it without being named.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pytest
from django.db import transaction
from django.urls import path
from pytest_django import DjangoDbBlocker
from rest_framework.response import Response

from accounts.api.base import ManagementView, TenantViewSet
from accounts.api.permissions import ANYONE, MEMBER, SIGNED_IN, Needs, Reach
from accounts.checks import PIPELINE_PATH, Route, faults, routes
from accounts.models import User
from accounts.permissions import effective
from billing.request_facts import shown_id
from gateway.console.spa import PAGES
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.billing.exchanges import make_record

ROLES: Final = ("owner", "admin", "developer", "lead", "billing_viewer")
# Their bodies and refusals are tested where they live; none names an object of a tenant.
CONSOLE: Final = "api/console/"
SIGN_IN: Final = "api/auth/browser/v1/"
DJANGO_ADMIN: Final = "admin"
REFERENCE: Final = ("api/schema", "docs")
PROVIDER: Final = "api/v1/providers/<str:provider_id>"
PARAMETER: Final = re.compile(r"<str:(\w+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    path: str
    method: str
    need: tuple[str, ...]
    reach: Reach

    def __str__(self) -> str:
        return f"{self.method.upper()} /{self.path}"


def management_routes() -> list[Route]:
    return [route for route in routes() if route.is_management]


def cases() -> Iterator[Case]:
    for route in management_routes():
        if route.path.startswith(CONSOLE):
            continue
        for method, action in route.actions.items():
            need = route.view.capabilities[action]
            named = (need,) if isinstance(need, str) else need
            yield Case(path=route.path, method=method, need=named, reach=route.view.reach)


CASES: Final = list(cases())
CONSOLE_ROUTES: Final = [route for route in management_routes() if route.path.startswith(CONSOLE)]
OWN_SIGN_IN_PATHS: Final = [
    route.path for route in routes() if route.path.startswith(f"{SIGN_IN}account/")
]
DJANGO_ADMIN_PATHS: Final = [
    re.sub(r"<path:\w+>", "1", route.path)
    for route in routes()
    if route.path.startswith(DJANGO_ADMIN) and not route.is_management and "(?P" not in route.path
]


def address(case: Case, town: Town) -> str:
    """The path with the town's own objects in it."""
    ids = {
        "key_id": f"key_{town.key.public_id}",
        "member_id": str(town.members["developer"].id),
        "team_id": str(town.team.id),
        "user_id": str(town.people["developer"].id),
        "invite_id": str(town.invite.id),
        "tenant_id": str(town.tenant.id),
        "request_id": shown_id(str(town.tenant.id)),
        "session_id": "999999999999999999",
        "provider_id": str(town.provider.id),
        "credential_id": str(town.credential.id),
        "model_id": str(town.model.id),
        "alias_id": str(town.alias.id),
        "price_id": str(town.price.id),
    }
    query = {
        "api/v1/prices/lookup": f"?provider={town.provider.id}&model=gpt-4",
        "api/v1/cost/by-tag": "?tag=job",
    }
    return "/" + PARAMETER.sub(lambda found: ids[found[1]], case.path) + query.get(case.path, "")


def may(case: Case, role: str) -> bool:
    if set(case.need) & {MEMBER, SIGNED_IN, ANYONE}:
        return True
    superadmin = role == "superadmin"
    held = effective(
        role={"lead": "developer", "superadmin": None}.get(role, role),
        leads_a_team=role == "lead",
        superadmin=superadmin,
    )
    return not held.isdisjoint(case.need)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    own: Town
    other: Town
    superadmin: User

    def api(self, role: str, *, town: Town | None = None) -> Api:
        """Signed in; `town` is the tenant named in the header, else the own one."""
        user = self.superadmin if role == "superadmin" else self.own.people[role]
        return Api(tenant=(town or self.own).tenant).as_user(user)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        own, other = make_town(), make_town()
        for town in (own, other):
            make_record(town, request_id=town.tenant.id)
        yield World(own=own, other=other, superadmin=make_superadmin())
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[None]:
    """What one caller changed, the next one finds unchanged."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_management_route_declares_capability_and_throttle() -> None:
    assert management_routes()
    assert [(route.path, list(faults(route))) for route in routes() if list(faults(route))] == []


def test_every_path_below_the_management_prefixes_is_a_management_view() -> None:
    for route in management_routes():
        assert issubclass(route.view, ManagementView), route.path


def test_every_route_is_of_a_kind_whose_guard_is_known() -> None:
    """A path of a new kind belongs here, with the test that shows who may meet it."""
    unknown = [
        route.path
        for route in routes()
        if not route.is_management
        and not route.path.startswith((SIGN_IN, DJANGO_ADMIN))
        and route.path not in REFERENCE
        and route.path not in PAGES
        and route.path != PIPELINE_PATH  # tests/clients/test_console_run.py
    ]
    assert unknown == []


@pytest.mark.parametrize("path", DJANGO_ADMIN_PATHS)
def test_django_admin_shows_nothing_to_tenants(world: World, path: str) -> None:
    for api in (Api(), *(world.api(role) for role in ROLES)):
        with undone():
            answer = api.call("GET", f"/{path}")
        assert answer.status_code in {302, 403, 404}, path
        if answer.status_code == 302:
            assert answer["Location"].startswith(("/login", "/account", "/admin/")), path


@pytest.mark.parametrize("path", OWN_SIGN_IN_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_own_account_is_for_the_signed_in(world: World, path: str, method: str) -> None:
    with undone():
        answer = Api().call(method, f"/{path}", {} if method == "POST" else None)

    assert answer.status_code in {401, 405}, answer.content


@pytest.mark.parametrize("route", CONSOLE_ROUTES, ids=lambda route: route.path)
def test_the_consoles_own_endpoints_ask_what_they_declare(world: World, route: Route) -> None:
    for method, action in route.actions.items():
        body: dict[str, Any] | None = None if method == "get" else {}
        with undone():
            answer = Api().call(method.upper(), f"/{route.path}", body)
        refused = (answer.status_code, answer.json().get("code")) == (401, "not_authenticated")
        assert refused is (route.view.capabilities[action] != ANYONE), route.path
        if refused:
            with undone():
                signed_in = world.api("developer").call(method.upper(), f"/{route.path}", body)
            assert signed_in.status_code == 200


class Undeclared(TenantViewSet):
    def list(self, _request: Any) -> Response:
        return Response({})


class Misspelt(TenantViewSet):
    capabilities: ClassVar[Needs] = {"list": "keys.create"}


class Unthrottled(TenantViewSet):
    capabilities: ClassVar[Needs] = {"list": "member.write"}
    throttle_classes = ()


class NoManagementView:
    """What `path()` takes and knows nothing of capabilities."""

    @staticmethod
    def view(_request: Any) -> None: ...


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        (Undeclared.as_view({"get": "list"}), "no capability for GET"),
        (Misspelt.as_view({"get": "list"}), "nobody holds"),
        (Unthrottled.as_view({"get": "list"}), "not throttled"),
        (NoManagementView.view, "no ManagementView"),
    ],
)
def test_a_planted_route_without_declaration_fails(planted: Any, fault: str) -> None:
    (route,) = routes([path("api/v1/planted", planted)])

    assert any(fault in found for found in faults(route))


@pytest.mark.parametrize("case", [case for case in CASES if ANYONE not in case.need], ids=str)
def test_nobody_gets_in_without_identity(world: World, case: Case) -> None:
    answer = Api().call(case.method.upper(), address(case, world.own))

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_role_meets_exactly_its_capabilities(world: World, case: Case) -> None:
    for role in (*ROLES, "superadmin"):
        with undone():
            answer = world.api(role).call(
                case.method.upper(), address(case, world.own), body_for(case, world.own)
            )
        if not may(case, role):
            code = answer.json()["code"]
            assert (answer.status_code, code) == (403, "permission_denied"), (role, code)
        elif case.path.endswith("<str:session_id>"):
            assert answer.status_code == 404, role  # nobody has a session of that id
        else:
            assert answer.status_code in {200, 201, 204}, (role, answer.content)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_role_meets_another_tenants_object(world: World, case: Case) -> None:
    other = world.other
    for role in ROLES:
        with undone():
            answer = world.api(role).call(
                case.method.upper(), address(case, other), body_for(case, other)
            )
            told = b"".join(answer).decode().replace(address(case, other), "")
        for secret in (
            *(other.tenant.slug, other.key.name, other.invite.email, other.team.name),
            *(other.provider.slug, other.credential.name, other.model.public_name),
        ):
            assert secret not in told, (role, told)
        if may(case, role) and (names_an_object(case) or body_names_an_object(case)):
            assert answer.status_code == 404, (role, told)


@pytest.mark.parametrize("case", [case for case in CASES if case.reach == Reach.TENANT], ids=str)
def test_naming_another_tenant_is_naming_none(world: World, case: Case) -> None:
    other = world.other
    for role in ROLES:
        with undone():
            answer = world.api(role, town=other).call(
                case.method.upper(), address(case, other), body_for(case, other)
            )
        assert (answer.status_code, answer.json()["code"]) == (404, "tenant_not_found"), role


def names_an_object(case: Case) -> bool:
    return "<str:" in case.path and case.reach == Reach.TENANT


def body_names_an_object(case: Case) -> bool:
    return case.path.endswith("keys/bulk") and case.method == "post"


def body_for(case: Case, town: Town) -> dict[str, Any] | None:
    """A valid one, so that every refusal is about rights."""
    if case.method not in {"post", "patch", "put"}:
        return None
    bodies: dict[str, dict[str, Any]] = {
        "admin/api-keys": {"name": "made by the matrix"},
        "api/v1/keys": {"name": "made by the matrix"},
        "api/v1/keys/bulk": {"action": "disable", "ids": [f"key_{town.key.public_id}"]},
        "api/v1/teams": {"name": "made by the matrix"},
        "api/v1/teams/<str:team_id>/members": {"user": str(town.people["developer"].id)},
        "api/v1/invites": {"email": "matrix@example.test", "role": "developer"},
        "api/v1/users": {"email": "matrix@example.test"},
        "api/v1/tenants": {"slug": "matrix", "name": "made by the matrix"},
        "api/v1/providers": {"slug": "matrix", "name": "made by the matrix", "kind": "openai"},
        f"{PROVIDER}/credentials": {"name": "made by the matrix", "secret": "sk-matrix"},
        f"{PROVIDER}/credentials/<str:credential_id>/rotate": {"secret": "sk-matrix"},
        f"{PROVIDER}/models": {"upstream_name": "matrix"},
        "api/v1/providers/test": {"kind": "mock"},
        "api/v1/prices": {
            "scope": "tenant",
            "tenant": town.tenant.slug,
            "provider": town.provider.slug,
            "model": "made-by-the-matrix",
            "rates": {"in_fresh": "1"},
        },
        "api/v1/cost/rerate": {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"},
        "api/v1/cost/what-if": {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"},
        "api/v1/routing/aliases": {"name": "made-by-the-matrix", "to": "gpt-4"},
        "api/v1/routing/default": {"default_model": "gpt-4"},
    }
    made = case.method in {"post", "put"}
    return bodies.get(case.path.rstrip("/"), {}) if made else {}
