"""Aliases and the default model over REST."""

import pytest

from accounts.models import AuditEntry
from accounts.tenancy import platform_scope
from routing.models import Alias
from tests.accounts.world import Town, make_town

ALIASES = "routing/aliases"
DEFAULT = "routing/default"


def test_an_alias_is_made_changed_and_deleted_with_its_audit(town: Town) -> None:
    api = town.api("owner")

    made = api.post(ALIASES, {"name": "best", "to": "openai.gpt-4"})
    row = made.json()
    changed = api.patch(
        f"{ALIASES}/{row['id']}", {"to": "openai.gpt-5"}, If_Match=made.headers["ETag"]
    )
    gone = api.delete(f"{ALIASES}/{row['id']}")

    assert (made.status_code, changed.status_code, gone.status_code) == (201, 200, 204)
    assert changed.json()["to"] == "openai.gpt-5"
    assert api.get(f"{ALIASES}/{row['id']}").status_code == 404
    with platform_scope("test"):
        actions = list(
            AuditEntry.objects.filter(object_id=row["id"]).order_by("seq").values_list("action")
        )
    assert actions == [("alias.create",), ("alias.update",), ("alias.delete",)]


def test_aliases_are_listed_and_searched(town: Town) -> None:
    api = town.api("admin")
    for name in ("claude-3-*", "best", "cheap"):
        api.post(ALIASES, {"name": name, "to": "gpt-4"})

    listed = [row["name"] for row in api.get(ALIASES).json()["data"]]
    assert listed == ["cheap", "best", "claude-3-*", town.alias.name]
    assert [row["name"] for row in api.get(f"{ALIASES}?q=claude").json()["data"]] == ["claude-3-*"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "", "to": "x"}, "name"),
        ({"name": "a*b", "to": "x"}, "name"),
        ({"name": "default", "to": "x"}, "name"),
        ({"name": "a", "to": ""}, "to"),
        ({"name": "a", "to": "b*"}, "to"),
        ({"name": "a", "to": "b\nc"}, "to"),
        ({"name": "x" * 257, "to": "b"}, "name"),
        ({"name": "a"}, "to"),
        ({"name": "a", "to": "a"}, "to"),
        ({"name": "a", "to": "b", "colour": "red"}, "colour"),
    ],
)
def test_an_alias_that_cannot_be_is_refused_at_its_field(
    town: Town, fields: dict[str, str], field: str
) -> None:
    answer = town.api("owner").post(ALIASES, fields)

    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["errors"]] == [field]


def test_circles_and_long_chains_are_refused(town: Town) -> None:
    api = town.api("owner")
    for name, to in (("c", "d"), ("b", "c"), ("a", "b")):
        assert api.post(ALIASES, {"name": name, "to": to}).status_code == 201

    circle = api.post(ALIASES, {"name": "d", "to": "a"})
    long = api.post(ALIASES, {"name": "z", "to": "a"})

    assert circle.json()["errors"][0]["code"] == "alias_cycle"
    assert long.json()["errors"][0]["code"] == "alias_too_long"


def test_a_change_may_not_close_a_circle_either(town: Town) -> None:
    api = town.api("owner")
    first = api.post(ALIASES, {"name": "a", "to": "b"}).json()
    api.post(ALIASES, {"name": "b", "to": "c"})

    assert api.patch(f"{ALIASES}/{first['id']}", {"to": "b"}).status_code == 200
    second = api.get(f"{ALIASES}?q=b").json()["data"][0]
    assert api.patch(f"{ALIASES}/{second['id']}", {"to": "a"}).status_code == 400


def test_a_name_stands_for_one_thing_per_tenant(town: Town) -> None:
    other = make_town()
    api = town.api("owner")
    api.post(ALIASES, {"name": "best", "to": "gpt-4"})
    second = api.post(ALIASES, {"name": "good", "to": "gpt-4"}).json()

    assert api.post(ALIASES, {"name": "best", "to": "x"}).json()["code"] == "name_taken"
    renamed = api.patch(f"{ALIASES}/{second['id']}", {"name": "best"})
    assert renamed.json()["code"] == "name_taken"
    assert other.api("owner").post(ALIASES, {"name": "best", "to": "x"}).status_code == 201


def test_a_stale_version_changes_nothing(town: Town) -> None:
    api = town.api("owner")
    row = api.post(ALIASES, {"name": "best", "to": "gpt-4"}).json()
    api.patch(f"{ALIASES}/{row['id']}", {"to": "gpt-5"})

    stale = api.patch(f"{ALIASES}/{row['id']}", {"to": "gpt-6"}, If_Match='"1"')

    assert stale.status_code == 412
    assert api.get(f"{ALIASES}/{row['id']}").json()["to"] == "gpt-5"


def test_other_tenants_aliases_do_not_exist(town: Town) -> None:
    other = make_town()
    row = other.api("owner").post(ALIASES, {"name": "best", "to": "gpt-4"}).json()
    api = town.api("owner")

    for answer in (
        api.get(f"{ALIASES}/{row['id']}"),
        api.patch(f"{ALIASES}/{row['id']}", {"to": "x"}),
        api.delete(f"{ALIASES}/{row['id']}"),
    ):
        assert answer.status_code == 404
    with platform_scope("test"):
        assert Alias.objects.get(pk=row["id"]).to == "gpt-4"


@pytest.mark.parametrize("role", ["developer", "billing_viewer"])
def test_who_may_not_route_neither_reads_nor_writes(town: Town, role: str) -> None:
    api = town.api(role)

    for answer in (
        api.get(ALIASES),
        api.post(ALIASES, {"name": "a", "to": "b"}),
        api.get(DEFAULT),
        api.call("PUT", DEFAULT, {"default_model": "gpt-4"}),
    ):
        assert answer.status_code == 403


def test_the_default_model_is_set_with_its_version(town: Town) -> None:
    api = town.api("owner")

    empty = api.get(DEFAULT)
    put = api.call(
        "PUT", DEFAULT, {"default_model": "openai.gpt-4"}, If_Match=empty.headers["ETag"]
    )
    again = api.call("PUT", DEFAULT, {"default_model": "x"}, If_Match='"0"')

    assert empty.json() == {"default_model": "", "platform_default_model": "", "version": 0}
    assert put.status_code == 200, put.content
    assert api.get(DEFAULT).json()["default_model"] == "openai.gpt-4"
    assert again.status_code == 412


@pytest.mark.parametrize("model", ["default", "auto", "a\nb"])
def test_a_default_that_explains_nothing_is_refused(town: Town, model: str) -> None:
    answer = town.api("owner").call("PUT", DEFAULT, {"default_model": model})

    assert answer.status_code == 400
