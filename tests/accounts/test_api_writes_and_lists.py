"""Pages of lists, versions of rows, and writes that are repeated."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connections

from accounts.models import IdempotencyKey
from accounts.tenancy import platform_scope
from tests.accounts.api import Api
from tests.accounts.world import Town, make_town
from tests.factories.accounts import TeamFactory

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


@pytest.mark.parametrize("kind", ["key", "member", "team", "invite"])
def test_every_kind_of_row_is_read_alone_with_its_etag(town: Town, kind: str) -> None:
    """So that a program can change it without reading the whole list."""
    (row,) = town.api("owner").get(f"{kind}s?limit=1").json()["data"]

    alone = town.api("owner").get(f"{kind}s/{row['id']}")

    assert (alone.json(), alone["ETag"]) == (row, f'"{row["version"]}"')


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


@pytest.mark.parametrize("given", ['"abc"', '"-1"', f'"{"9" * 5000}"'])
def test_if_match_that_is_no_version_is_refused(town: Town, given: str) -> None:
    answer = town.api("owner").patch(f"teams/{town.team.id}", {}, If_Match=given)

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


@pytest.mark.parametrize("key", ["k" * 256, "a\0b", "schlüssel"])
def test_an_idempotency_key_is_printable_and_has_an_end(town: Town, key: str) -> None:
    answer = town.api("owner").post("teams", {"name": "a"}, Idempotency_Key=key)

    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_a_body_that_no_one_reads_is_refused_and_nothing_is_done(town: Town) -> None:
    api = town.api("owner")
    key = api.post("keys", {"name": "ci"}).json()

    refused = api.post(f"keys/{key['id']}/revoke", {"cut_streams": True, "reason": "leak"})

    assert refused.status_code == 400
    assert [problem["field"] for problem in refused.json()["errors"]] == ["cut_streams", "reason"]
    assert api.get(f"keys/{key['id']}").json()["status"] == "active"
    assert api.post(f"keys/{key['id']}/revoke", {}).json()["status"] == "revoked"
