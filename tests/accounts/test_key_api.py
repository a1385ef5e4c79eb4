"""Keys through the API: created once, listed without secrets, changed, rotated, revoked."""

from typing import Any

import pytest

from tests.accounts.world import Town


def created(town: Town, role: str = "owner", **fields: Any) -> Any:
    answer = town.api(role).post("keys", {"name": "ci", **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_key_is_shown_once(town: Town) -> None:
    answer = town.api("owner").post("keys", {"name": "ci"})

    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    key = answer.json()
    assert key["key"].startswith(key["prefix"])
    assert key["key"].endswith(key["suffix"])
    again = town.api("owner").get(f"keys/{key['id']}").json()
    assert "key" not in again
    assert again["suffixes"] == [key["suffix"]]


def test_no_list_or_detail_ever_shows_a_full_key(town: Town) -> None:
    value = created(town)["key"]
    api = town.api("owner")

    for answer in (api.get("keys"), api.get("/admin/api-keys"), api.get("audit")):
        assert answer.status_code == 200, answer.content
        assert value not in answer.content.decode()


def test_every_field_of_a_key_comes_back_as_it_was_set(town: Town) -> None:
    fields: dict[str, Any] = {
        "description": "for the pipeline",
        "owner": str(town.people["developer"].id),
        "team": str(town.team.id),
        "environment": "test",
        "scopes": ["inference", "mcp"],
        "allowed_models": ["gpt-4*", "claude-3"],
        "denied_models": ["gpt-4o"],
        "restrict_served": True,
        "allowed_dialects": ["openai.chat"],
        "allowed_paths": ["/v1/*"],
        "allowed_ips": ["10.0.0.0/8", "fd00::/8"],
        "denied_ips": ["10.1.2.3/32"],
        "expires_at": "2027-01-02T03:04:05.000000Z",
        "requests_per_minute": 100,
        "tokens_per_minute": 10**12,
        "max_concurrency": 5,
        "quota": 1_000_000,
        "monthly_budget": "12.500000000",
        "max_cost_per_request": "0.000000001",
        "fidelity": "lossless",
        "byok_allowed": True,
        "dearer_fallback": False,
        "priority": 9,
        "tags": ["a", "b"],
        "metadata": {"ticket": "OPS-1"},
    }
    made = created(town, **fields)

    shown = town.api("owner").get(f"keys/{made['id']}").json()
    assert shown["owner"]["email"] == town.people["developer"].email
    assert shown["team"] == {"id": str(town.team.id), "name": town.team.name}
    plain = {
        name: value for name, value in fields.items() if name not in {"owner", "team", "expires_at"}
    }
    assert {name: shown[name] for name in plain} == plain
    assert shown["expires_at"].startswith("2027-01-02T03:04:05")
    assert shown["prefix"].startswith("sy-test-")
    assert shown["created_by"]["label"] == town.people["owner"].email


def test_an_expiry_without_time_ends_with_that_day_in_the_reporting_zone(town: Town) -> None:
    town.api("owner").patch("tenant", {"reporting_tz": "Asia/Shanghai"})

    assert created(town, expires_at="2026-12-31")["expires_at"] == "2026-12-31T15:59:59.999999Z"


@pytest.mark.parametrize(
    ("field", "value", "where", "code"),
    [
        ("nme", "x", "nme", "unknown_field"),
        ("name", 7, "name", "invalid"),
        ("name", "", "name", "blank"),
        ("name", "a\0b", "name", "null_characters_not_allowed"),
        ("name", "x" * 121, "name", "max_length"),
        ("owner", "not-an-id", "owner", "invalid"),
        ("owner", 7, "owner", "invalid"),
        ("team", True, "team", "invalid"),
        ("scopes", ["inference", "everything"], "scopes[1]", "invalid_choice"),
        ("scopes", "inference", "scopes", "not_a_list"),
        ("allowed_models", ["a b"], "allowed_models[0]", "invalid"),
        ("allowed_dialects", ["openai.chats"], "allowed_dialects[0]", "invalid_choice"),
        ("allowed_paths", ["v1/chat"], "allowed_paths[0]", "invalid"),
        ("allowed_ips", ["10.0.0.0/8", "10.0.0.0/33"], "allowed_ips[1]", "invalid"),
        ("denied_ips", ["localhost"], "denied_ips[0]", "invalid"),
        ("allowed_ips", [f"10.0.0.{n}" for n in range(101)], "allowed_ips", "max_length"),
        ("expires_at", "tomorrow", "expires_at", "invalid"),
        ("expires_at", "2026-13-01", "expires_at", "invalid"),
        ("expires_at", "2026-12-31T10:00:00", "expires_at", "invalid"),
        ("expires_at", "9999-12-31T23:59:59-10:00", "expires_at", "invalid"),
        ("expires_at", "0001-01-01T00:00:00+14:00", "expires_at", "invalid"),
        ("requests_per_minute", "100", "requests_per_minute", "invalid"),
        ("requests_per_minute", True, "requests_per_minute", "invalid"),
        ("requests_per_minute", 0, "requests_per_minute", "min_value"),
        ("tokens_per_minute", 2**63, "tokens_per_minute", "max_value"),
        ("monthly_budget", 12.5, "monthly_budget", "invalid"),
        ("monthly_budget", "-1", "monthly_budget", "invalid"),
        ("monthly_budget", "1_000", "monthly_budget", "invalid"),
        ("monthly_budget", "1e3", "monthly_budget", "invalid"),
        ("monthly_budget", "１２", "monthly_budget", "invalid"),  # noqa: RUF001 - digits of another script
        ("monthly_budget", "0.0000000001", "monthly_budget", "max_decimal_places"),
        ("fidelity", "perfect", "fidelity", "invalid_choice"),
        ("byok_allowed", "true", "byok_allowed", "invalid"),
        ("priority", 10, "priority", "max_value"),
        ("metadata", {str(n): "x" for n in range(17)}, "metadata", "too_many"),
        ("metadata", {"n": 7}, "metadata.n", "invalid"),
        ("metadata", {"n": "x" * 501}, "metadata.n", "invalid"),
        ("kind", "session", "kind", "invalid_choice"),
        ("kind", ["client"], "kind", "invalid_choice"),
    ],
)
def test_a_bad_value_is_named_with_its_place(
    town: Town, field: str, value: Any, where: str, code: str
) -> None:
    answer = town.api("owner").post("keys", {"name": "ci", field: value})

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "validation"
    assert (where, code) in {(found["field"], found["code"]) for found in problem["errors"]}


def test_all_bad_fields_are_named_at_once(town: Town) -> None:
    answer = town.api("owner").post(
        "keys", {"name": "ci", "allowed_ips": ["x"], "expires_at": "never"}
    )

    assert {found["field"] for found in answer.json()["errors"]} == {"allowed_ips[0]", "expires_at"}


def test_disabling_twice_changes_nothing_the_second_time(town: Town) -> None:
    key = created(town)
    api = town.api("owner")

    first, second = (api.delete(f"keys/{key['id']}").json() for _ in range(2))

    assert first["status"] == "disabled"
    assert second == first
    assert api.patch(f"keys/{key['id']}", {"status": "active"}).json()["status"] == "active"


def test_a_revoked_key_stays_revoked(town: Town) -> None:
    key = created(town)
    api = town.api("owner")
    assert api.post(f"keys/{key['id']}/revoke").json()["status"] == "revoked"

    assert api.delete(f"keys/{key['id']}").json()["status"] == "revoked"
    for answer in (
        api.post(f"keys/{key['id']}/enable"),
        api.patch(f"keys/{key['id']}", {"status": "active"}),
        api.post(f"keys/{key['id']}/rotate", {}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "key_is_revoked")


def test_rotation_keeps_the_id_and_lets_the_old_secret_live_for_the_overlap(town: Town) -> None:
    key = created(town)
    api = town.api("owner")

    rotated = api.post(f"keys/{key['id']}/rotate", {"overlap_s": 3600}).json()

    assert rotated["id"] == key["id"]
    assert rotated["key"].startswith(key["prefix"])
    assert rotated["suffixes"] == [rotated["suffix"], key["suffix"]]
    again = api.post(f"keys/{key['id']}/rotate", {"overlap_s": 3600})
    assert (again.status_code, again.json()["code"]) == (409, "rotation_running")


def test_rotation_without_overlap_ends_the_old_secret_at_once(town: Town) -> None:
    key = created(town)

    rotated = town.api("owner").post(f"keys/{key['id']}/rotate", {"overlap_s": 0}).json()

    assert rotated["suffixes"] == [rotated["suffix"]]


def test_a_leaked_key_is_rotated_at_once_even_within_an_overlap(town: Town) -> None:
    path = f"keys/{created(town)['id']}/rotate"
    api = town.api("owner")
    api.post(path, {"overlap_s": 3600})

    rotated = api.post(path, {"overlap_s": 0}).json()

    assert rotated["suffixes"] == [rotated["suffix"]]


@pytest.mark.parametrize("overlap_s", [-1, 86_401, "60"])
def test_an_overlap_beyond_a_day_is_refused(town: Town, overlap_s: Any) -> None:
    key = created(town)

    answer = town.api("owner").post(f"keys/{key['id']}/rotate", {"overlap_s": overlap_s})

    assert answer.status_code == 400


def test_a_clone_takes_the_settings_and_gets_its_own_secret(town: Town) -> None:
    key = created(town, allowed_models=["gpt-4"], tags=["x"])

    clone = town.api("owner").post(f"keys/{key['id']}/clone", {"name": "second"}).json()

    assert clone["id"] != key["id"]
    assert clone["key"] != key["key"]
    assert (clone["name"], clone["allowed_models"], clone["tags"]) == ("second", ["gpt-4"], ["x"])


def test_many_keys_change_together_or_not_at_all(town: Town) -> None:
    ids = [created(town)["id"] for _ in range(3)]
    api = town.api("owner")

    refused = api.post("keys/bulk", {"action": "disable", "ids": [*ids, "key_000000000000"]})
    assert refused.status_code == 404
    assert api.get(f"keys/{ids[0]}").json()["status"] == "active"

    tagged = api.post("keys/bulk", {"action": "tag", "ids": ids, "tags": ["old"]}).json()["data"]
    assert [key["tags"] for key in tagged] == [["old"]] * 3
    revoked = api.post("keys/bulk", {"action": "revoke", "ids": ids}).json()["data"]
    assert {key["status"] for key in revoked} == {"revoked"}
    too_many = api.post("keys/bulk", {"action": "revoke", "ids": ids * 67})
    assert too_many.status_code == 400


def test_a_key_has_at_most_two_hundred_tags_however_they_came(town: Town) -> None:
    api, full, other = town.api("owner"), created(town), created(town)
    ids = [other["id"], full["id"]]
    asked = {"action": "tag", "ids": [full["id"]]}
    for number in (0, 1):
        tags = [f"tag {number}-{at}" for at in range(100)]
        assert api.post("keys/bulk", {**asked, "tags": tags}).status_code == 200

    refused = api.post("keys/bulk", {**asked, "ids": ids, "tags": ["one more"]})
    again = api.post("keys/bulk", {**asked, "tags": ["tag 0-0"]})

    assert refused.status_code == 400
    [problem] = refused.json()["errors"]
    assert problem["field"] == "tags"
    assert "201 tags; 200 are the most" in problem["message"]
    assert api.get(f"keys/{other['id']}").json()["tags"] == []
    assert again.status_code == 200
    assert len(api.get(f"keys/{full['id']}").json()["tags"]) == 200


def test_what_changes_nothing_is_not_told(town: Town) -> None:
    api, key = town.api("owner"), created(town)
    api.post("keys/bulk", {"action": "revoke", "ids": [key["id"]]})
    before = len(api.get("audit?object_type=key").json()["data"])

    for action in ("disable", "revoke", "tag"):
        answer = api.post("keys/bulk", {"action": action, "ids": [key["id"]], "tags": ["x"]})
        assert answer.status_code == 200
    assert api.post(f"keys/{key['id']}/revoke").status_code == 200

    assert len(api.get("audit?object_type=key").json()["data"]) == before
    untagged = api.post("keys/bulk", {"action": "tag", "ids": [key["id"]]})
    assert untagged.json()["errors"][0]["field"] == "tags"


def test_a_clone_without_a_name_says_that_it_is_one(town: Town) -> None:
    key = created(town, name="x" * 120)

    name = town.api("owner").post(f"keys/{key['id']}/clone").json()["name"]

    assert name.endswith(" (copy)")
    assert len(name) == 120


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=disabled", ["off"]),
        ("status=expired", ["past"]),
        ("status=active", ["glob", "plain"]),
        ("model=gpt-4o", ["glob", "plain", "past", "off"]),
        ("model=claude-3", ["plain", "past", "off"]),
        ("q=GLO", ["glob"]),
        ("q=team-x", ["off"]),
        ("q=%25", []),
        ("environment=test", ["past"]),
        ("kind=management", []),
    ],
)
def test_keys_are_found_by_filter(town: Town, query: str, found: list[str]) -> None:
    api = town.api("admin")
    created(town, "admin", name="plain")
    created(town, "admin", name="glob", allowed_models=["gpt-4*"], denied_models=["gpt-4-32k"])
    created(town, "admin", name="past", environment="test", expires_at="2020-01-01")
    off = created(town, "admin", name="off", tags=["team-x"])
    api.delete(f"keys/{off['id']}")
    api.delete(f"keys/key_{town.key.public_id}")
    api.patch(f"keys/key_{town.key.public_id}", {"allowed_models": ["none"], "status": "active"})

    owner = town.people["admin"].id
    rows = api.get(f"keys?owner={owner}&{query}").json()["data"]

    assert sorted(row["name"] for row in rows) == sorted(found)


def test_the_published_paths_work_with_and_without_trailing_slash(town: Town) -> None:
    api = town.api("owner")

    key = api.post("/admin/api-keys", {"name": "old client", "rate_limit": 7}).json()

    assert key["requests_per_minute"] == 7
    for path in (f"/admin/api-keys/{key['id']}", f"/admin/api-keys/{key['id']}/"):
        assert api.get(path).json()["id"] == key["id"]
        assert api.patch(path, {"rate_limit": 8}).json()["requests_per_minute"] == 8
    assert api.get("/admin/api-keys/?limit=1").status_code == 200
    assert api.delete(f"/admin/api-keys/{key['id']}").json()["status"] == "disabled"
    assert (
        api.patch(f"/admin/api-keys/{key['id']}", {"status": "active"}).json()["status"] == "active"
    )


def test_the_other_path_knows_no_rate_limit(town: Town) -> None:
    answer = town.api("owner").post("keys", {"name": "x", "rate_limit": 7})

    assert answer.json()["errors"][0]["field"] == "rate_limit"
