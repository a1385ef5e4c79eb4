from typing import Any

import pytest

from accounts import keys
from gateway.edge.edge_settings import EdgeSettings
from gateway.edge.errors import GatewayError
from gateway.edge.stages.authenticate import INVALID, authenticate
from tests.gateway.edge.plane import KEY, Snapshots, bearer, exchange, key_spec, plane, snapshot
from tests.routing.world import NOW


def test_a_key_brings_its_tenant() -> None:
    runtime = plane()
    made = exchange(runtime)

    authenticate(made, runtime)

    assert made.key == key_spec()
    assert made.tenant is not None
    assert made.state == {"key_id": key_spec().id, "tenant": "acme"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": "disabled"}, "key_disabled"),
        ({"status": "revoked"}, "key_revoked"),
        ({"expires_at": NOW}, "key_expired"),
        ({"expires_at": NOW - 1}, "key_expired"),
        ({"tenant_id": "another"}, "tenant_suspended"),
    ],
)
def test_the_holder_of_a_key_hears_what_is_wrong_with_it(fields: dict[str, Any], code: str) -> None:
    runtime = plane(snapshot(key_spec(**fields)))

    with pytest.raises(GatewayError) as refused:
        authenticate(exchange(runtime), runtime)

    assert refused.value.problem.code == code


def test_a_suspended_tenant_is_refused() -> None:
    runtime = plane(snapshot(tenant_status="suspended"))

    with pytest.raises(GatewayError) as refused:
        authenticate(exchange(runtime), runtime)

    assert refused.value.problem.http_status == 403


def test_before_possession_the_answer_is_constant() -> None:
    runtime = plane(snapshot(key_spec(status="revoked")))
    told = set()
    for value in ("sk-x", keys.mint(environment="live").value, f"{KEY[:-1]}!"):
        with pytest.raises(GatewayError) as refused:
            authenticate(exchange(runtime, headers=bearer(value)), runtime)
        told.add((refused.value.problem.http_status, refused.value.problem.message))

    assert told == {(401, INVALID)}


def test_no_key_at_all_is_told_where_to_put_one() -> None:
    runtime = plane()

    with pytest.raises(GatewayError) as refused:
        authenticate(exchange(runtime, headers={}), runtime)

    assert "Authorization: Bearer" in refused.value.problem.message


def test_an_unknown_key_may_be_new_while_the_snapshot_is_stale() -> None:
    runtime = plane()
    assert isinstance(runtime.snapshots, Snapshots)
    runtime.snapshots.stale = True

    with pytest.raises(GatewayError) as refused:
        authenticate(exchange(runtime, headers=bearer("sk-x")), runtime)

    problem = refused.value.problem
    assert (problem.http_status, problem.code, problem.retry_after) == (503, "snapshot_stale", 2)
    authenticate(exchange(runtime), runtime)


def test_too_many_failures_wait_and_a_valid_key_never_does() -> None:
    runtime = plane()
    statuses = []
    for _ in range(31):
        with pytest.raises(GatewayError) as refused:
            authenticate(exchange(runtime, headers=bearer("sk-x")), runtime)
        statuses.append(refused.value.problem.http_status)

    assert statuses == [401] * 30 + [429]
    authenticate(exchange(runtime), runtime)


def test_requests_without_a_key_act_as_the_anonymous_one_where_that_is_allowed() -> None:
    anonymous = key_spec(kind="anonymous", secrets=())
    settings = EdgeSettings(require_api_key=False)
    runtime = plane(snapshot(anonymous, anonymous=anonymous), settings=settings)
    made = exchange(runtime, headers={})

    authenticate(made, runtime)

    assert made.key == anonymous
    with pytest.raises(GatewayError):
        authenticate(exchange(runtime, headers=bearer("sk-wrong")), runtime)
