"""Rules every path of the management API keeps: problems, paging, versions, repeats, proofs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError, connections
from redis import ConnectionError as RedisDown
from rest_framework.response import Response

from accounts.api import throttling
from accounts.api.views.teams import TeamViewSet
from accounts.models import IdempotencyKey, Membership, Tenant
from accounts.tenancy import platform_scope
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.accounts import MembershipFactory, TeamFactory


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


# --- problems -------------------------------------------------------------------------------------


def test_a_problem_has_its_whole_shape(town: Town) -> None:
    answer = town.api("billing_viewer").get("members")

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/docs/errors#permission_denied",
        "title": "You may not do this.",
        "status": 403,
        "detail": "This needs the capability member.write."
        " Ask an owner or admin of the tenant for it.",
        "instance": "/api/v1/members",
        "code": "permission_denied",
        "request_id": "",
        "errors": [],
        "capability": "member.write",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "nothing", 404, "not_found"),
        ("GET", "keys/", 404, "not_found"),
        ("PUT", "keys", 405, "method_not_allowed"),
        ("OPTIONS", "keys", 405, "method_not_allowed"),
        ("POST", "members", 405, "method_not_allowed"),
        ("GET", "keys/not-a-key", 404, "not_found"),
        ("GET", "keys/key_%00", 404, "not_found"),
        ("PATCH", "members/%00", 404, "not_found"),
        ("PATCH", "members/not-an-id", 404, "not_found"),
        ("DELETE", "teams/00000000-0000-0000-0000-000000000000", 404, "not_found"),
        ("DELETE", "sessions/9999999999999999999", 404, "not_found"),
        ("GET", "keys?limit=0", 400, "validation"),
        ("GET", "keys?limit=201", 400, "validation"),
        ("GET", "keys?limit=ten", 400, "validation"),
        ("GET", "keys?sort=name", 400, "validation"),
        ("GET", "keys?status=gone", 400, "validation"),
        ("GET", "keys?owner=me", 400, "validation"),
        ("GET", "keys?q=%00", 400, "validation"),
        ("GET", "audit?from=yesterday", 400, "validation"),
        ("GET", "keys?cursor=made-up", 400, "invalid_cursor"),
    ],
)
def test_a_bad_request_gets_a_precise_problem(
    town: Town, method: str, path: str, status: int, code: str
) -> None:
    answer = town.api("owner").call(method, path, {} if method in {"POST", "PATCH"} else None)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("text/plain", b"{}", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", b"name=x", 415, "unsupported_media_type"),
        ("", b"{}", 415, "unsupported_media_type"),
        ("application/json", b"{", 400, "malformed_json"),
        ("application/json", b"\xff", 400, "malformed_json"),
        ("application/json", b'{"name":"a","name":"b"}', 400, "malformed_json"),
        ("application/json", b'{"name":"\\ud800"}', 400, "malformed_json"),
        ("application/json", b"[" * 200 + b"]" * 200, 400, "malformed_json"),
        ("application/json", b"[]", 400, "validation"),
        ("application/json", b'"name"', 400, "validation"),
        ("application/json", b"null", 400, "validation"),
        ("application/json", b"", 400, "validation"),
        ("application/json", b'{"name":"%s"}' % (b"x" * 1_048_576), 413, "body_too_large"),
        ("application/json; charset=utf-8", b'{"name":"fine"}', 201, ""),
    ],
)
def test_only_small_plain_json_is_read(
    town: Town, content_type: str, body: bytes, status: int, code: str
) -> None:
    api = town.api("owner")

    answer = api.client.post(
        "/api/v1/teams", data=body, content_type=content_type, headers=api.headers
    )

    assert (answer.status_code, answer.json().get("code", "")) == (status, code), answer.content


def test_a_session_write_without_csrf_token_is_refused(town: Town) -> None:
    api = town.api("owner")
    api.client.handler.enforce_csrf_checks = True

    answer = api.post("teams", {"name": "x"})

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_a_database_that_does_not_answer_in_time_is_told_without_inside(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: Any, **__: Any) -> None:
        raise OperationalError("canceling statement due to statement timeout: SELECT secret")

    monkeypatch.setattr(TeamViewSet, "list", late)

    answer = town.api("owner").get("teams")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert b"SELECT" not in answer.content


def test_no_statement_of_a_request_runs_longer_than_ten_seconds(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(*_: Any, **__: Any) -> Response:
        with connections["default"].cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return Response({"limit": cursor.fetchone()[0]})

    monkeypatch.setattr(TeamViewSet, "list", show)

    assert town.api("owner").get("teams").json() == {"limit": "10s"}


def test_a_defect_is_told_without_inside(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("table api_keys")

    monkeypatch.setattr(TeamViewSet, "list", defect)
    api = town.api("owner")
    api.client.raise_request_exception = False

    answer = api.get("teams")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert b"api_keys" not in answer.content


# --- tenant and state -----------------------------------------------------------------------------


def test_the_only_membership_needs_no_header(town: Town) -> None:
    assert Api().as_user(town.people["owner"]).get("tenant").json()["slug"] == town.tenant.slug


def test_of_several_memberships_one_is_named_by_slug_or_id(town: Town) -> None:
    other = make_town()
    with platform_scope("test"):
        MembershipFactory(tenant=other.tenant, user=town.people["owner"])
    api = Api().as_user(town.people["owner"])

    unnamed = api.get("tenant")
    assert (unnamed.status_code, unnamed.json()["code"]) == (400, "tenant_required")
    for name in (other.tenant.slug, str(other.tenant.id)):
        api.headers["X-Switchyard-Tenant"] = name
        assert api.get("tenant").json()["id"] == str(other.tenant.id)


def test_a_disabled_membership_is_none(town: Town) -> None:
    with platform_scope("test"):
        Membership.objects.filter(pk=town.members["admin"].pk).update(status="disabled")

    assert town.api("admin").get("tenant").json()["code"] == "tenant_not_found"


def test_a_superadmin_enters_any_tenant_by_name(town: Town) -> None:
    boss = make_superadmin()

    assert Api(tenant=town.tenant).as_user(boss).get("members").status_code == 200
    assert Api().as_user(boss).get("members").json()["code"] == "tenant_required"
    assert Api(tenant="nowhere").as_user(boss).get("members").json()["code"] == "tenant_not_found"


def test_a_suspended_tenant_is_read_only(town: Town) -> None:
    with platform_scope("test"):
        Tenant.objects.filter(pk=town.tenant.pk).update(status="suspended")
    api = town.api("owner")

    assert api.get("keys").status_code == 200
    refused = api.post("teams", {"name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "tenant_suspended")
    boss = Api(tenant=town.tenant).as_user(make_superadmin())
    assert boss.post("teams", {"name": "x"}).status_code == 201


@pytest.mark.parametrize(
    ("policy", "role", "status"),
    [("admins", "admin", 403), ("admins", "developer", 200), ("all", "developer", 403)],
)
def test_a_tenant_that_asks_for_a_second_factor_gets_it(
    town: Town, policy: str, role: str, status: int
) -> None:
    with platform_scope("test"):
        Tenant.objects.filter(pk=town.tenant.pk).update(mfa_policy=policy)

    answer = town.api(role).get("keys")

    assert answer.status_code == status
    assert answer.json().get("code") == ("mfa_required" if status == 403 else None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "keys"),
        ("POST", "keys/key_000000000000/rotate"),
        ("PATCH", "members/00000000-0000-7000-8000-000000000000"),
        ("DELETE", "members/00000000-0000-7000-8000-000000000000"),
        ("POST", "invites"),
    ],
)
def test_what_gives_power_needs_a_recent_proof(town: Town, method: str, path: str) -> None:
    stale = town.api("owner", proof_age=timedelta(minutes=10, seconds=1))

    answer = stale.call(method, path, {})

    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")


def test_platform_writes_need_a_recent_proof(db: None) -> None:
    stale = Api().as_user(make_superadmin(), proof_age=timedelta(hours=1))

    assert stale.get("tenants").status_code == 200
    assert stale.post("tenants", {"slug": "x1", "name": "x"}).json()["code"] == "step_up_required"


# --- lists ----------------------------------------------------------------------------------------


def test_pages_join_to_the_whole_list_without_gap_or_repeat(town: Town) -> None:
    with platform_scope("test"):
        made = {str(TeamFactory(tenant=town.tenant).id) for _ in range(9)} | {str(town.team.id)}
    api, found, cursor = town.api("owner"), [], ""

    while True:
        page = api.get(f"teams?limit=4{cursor}").json()
        found += [row["id"] for row in page["data"]]
        assert page["has_more"] is (page["next_cursor"] is not None)
        if not page["has_more"]:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert len(found) == len(set(found)) == 10
    assert set(found) == made
    assert found == sorted(found, reverse=True)


def test_a_cursor_belongs_to_its_list_filter_and_tenant(town: Town) -> None:
    other = make_town()
    for place in (town, other):
        with platform_scope("test"):
            TeamFactory(tenant=place.tenant)
    cursor = town.api("owner").get("teams?limit=1&q=e").json()["next_cursor"]

    assert town.api("owner").get(f"teams?limit=2&q=e&cursor={cursor}").status_code == 200
    for api, path in (
        (other.api("owner"), f"teams?limit=1&q=e&cursor={cursor}"),
        (town.api("owner"), f"teams?limit=1&q=a&cursor={cursor}"),
        (town.api("owner"), f"members?limit=1&q=e&cursor={cursor}"),
        (town.api("owner"), f"teams?limit=1&q=e&cursor={cursor[:-1]}"),
    ):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


# --- versions -------------------------------------------------------------------------------------


def test_if_match_keeps_two_people_from_overwriting_each_other(town: Town) -> None:
    api = town.api("owner")
    team = api.post("teams", {"name": "First"})
    path, etag = f"teams/{team.json()['id']}", team["ETag"]
    assert etag == '"1"'

    assert api.patch(path, {"name": "Second"}, If_Match=etag)["ETag"] == '"2"'
    late = town.api("admin").patch(path, {"name": "Third"}, If_Match=etag)

    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    assert late.json()["current_version"] == 2
    assert late.json()["changed_by"] == town.people["owner"].email
    assert late.json()["changed_at"]
    assert town.api("admin").delete(path, If_Match='W/"2"').status_code == 204


@pytest.mark.parametrize("verb", ["rotate", "revoke", "enable"])
def test_what_is_done_to_a_key_takes_if_match_too(town: Town, verb: str) -> None:
    path = f"keys/key_{town.key.public_id}"
    town.api("owner").patch(path, {"name": "changed"})

    assert town.api("owner").post(f"{path}/{verb}", {}, If_Match='"1"').status_code == 412


@pytest.mark.parametrize("given", ["2", "*", ""])
def test_if_match_may_be_bare_or_absent(town: Town, given: str) -> None:
    api = town.api("owner")
    team = api.post("teams", {"name": "First"}).json()
    api.patch(f"teams/{team['id']}", {"name": "Second"})

    assert api.patch(f"teams/{team['id']}", {"name": "Third"}, If_Match=given).status_code == 200


def test_if_match_that_is_no_version_is_refused(town: Town) -> None:
    answer = town.api("owner").patch(f"teams/{town.team.id}", {}, If_Match='"abc"')

    assert answer.json()["errors"][0]["field"] == "If-Match"


def test_a_write_that_changes_nothing_keeps_the_version(town: Town) -> None:
    answer = town.api("owner").patch(f"teams/{town.team.id}", {"name": town.team.name})

    assert answer["ETag"] == '"1"'


# --- repeats --------------------------------------------------------------------------------------


def test_a_repeat_changes_nothing_and_shows_no_key_again(town: Town) -> None:
    api = town.api("owner")

    first = api.post("keys", {"name": "ci"}, Idempotency_Key="once")
    second = api.post("keys", {"name": "ci"}, Idempotency_Key="once")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotency-Replayed"] == "true"
    expected = {**first.json(), "key": None, "key_shown": True}
    assert second.json() == expected
    assert len(api.get("keys?q=ci").json()["data"]) == 1
    with platform_scope("test"):
        kept = IdempotencyKey.objects.get()
    assert first.json()["key"] not in str(kept.body)


def test_the_link_of_an_invitation_is_not_repeated_either(town: Town) -> None:
    api, body = town.api("owner"), {"email": "a@example.test", "role": "admin"}
    api.post("invites", body, Idempotency_Key="k")

    again = api.post("invites", body, Idempotency_Key="k").json()

    assert (again["link"], again["link_shown"]) == (None, True)


def test_one_idempotency_key_is_for_one_request(town: Town) -> None:
    api = town.api("owner")
    api.post("teams", {"name": "a"}, Idempotency_Key="k")

    for answer in (
        api.post("teams", {"name": "b"}, Idempotency_Key="k"),
        api.patch(f"teams/{town.team.id}", {"name": "a"}, Idempotency_Key="k"),
        town.api("admin").post("teams", {"name": "a"}, Idempotency_Key="k"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reuse")


def test_another_tenant_may_use_the_same_idempotency_key(town: Town) -> None:
    other = make_town()

    for place in (town, other):
        answer = place.api("owner").post("teams", {"name": "same"}, Idempotency_Key="k")
        assert answer.status_code == 201
        assert "Idempotency-Replayed" not in answer


def test_a_failed_write_may_be_tried_again_under_its_key(town: Town) -> None:
    api = town.api("owner")
    taken = api.post("teams", {"name": town.team.name}, Idempotency_Key="k")
    assert taken.status_code == 409
    api.delete(f"teams/{town.team.id}")

    again = api.post("teams", {"name": town.team.name}, Idempotency_Key="k")

    assert again.status_code == 201


def test_repeats_at_once_make_one_row(committed_db: None) -> None:
    town = make_town()
    apis = [town.api("owner") for _ in range(5)]
    for api in apis[1:]:
        api.client.cookies = apis[0].client.cookies

    def ask(api: Api) -> tuple[int, str]:
        answer = api.post("teams", {"name": "once"}, Idempotency_Key="k")
        connections.close_all()
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(max_workers=5) as pool:
        answers = set(pool.map(ask, apis))

    assert [status for status, _ in answers] == [201]


def test_after_a_day_an_idempotency_key_is_new(town: Town) -> None:
    api = town.api("owner")
    api.post("teams", {"name": "a"}, Idempotency_Key="k")

    with time_machine.travel("2100-01-01T00:00:00Z"):
        later = Api(tenant=town.tenant).as_user(town.people["owner"])
        answer = later.post("teams", {"name": "b"}, Idempotency_Key="k")

    assert answer.status_code == 201


def test_an_idempotency_key_has_an_end(town: Town) -> None:
    answer = town.api("owner").post("teams", {"name": "a"}, Idempotency_Key="k" * 256)

    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


# --- throttle -------------------------------------------------------------------------------------


def test_the_601st_request_of_a_minute_waits(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "REQUESTS_PER_MINUTE", 3)
    with time_machine.travel("2030-01-01T00:00:10Z", tick=False):
        api = town.api("owner")
        codes = [api.get("tenant").status_code for _ in range(4)]
        answer = api.get("tenant")

        assert codes == [200, 200, 200, 429]
        assert answer.json()["code"] == "rate_limited"
        assert answer["Retry-After"] == "50"
        assert town.api("owner").get("tenant").status_code == 200  # another session
    with time_machine.travel("2030-01-01T00:01:00Z", tick=False):
        assert api.get("tenant").status_code == 200


def test_without_its_cache_the_throttle_lets_pass(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise RedisDown

    monkeypatch.setattr(cache, "add", down)

    assert town.api("owner").get("tenant").status_code == 200
    wrong = Api().with_key("sy-live-nonsense").get("tenant")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_api_key")
