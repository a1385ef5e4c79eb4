"""Pairs of keys for clients that sign."""

import re
from typing import Any

import pytest
from django.conf import settings

from accounts import aws_pairs, keys
from accounts.compile import compile_key
from accounts.models import ApiKey, AwsPair
from accounts.tenancy import tenant_scope
from providers.services.vault import vault_from_setting
from tests.accounts.world import Town


def issue(town: Town, *, role: str = "owner", **body: Any) -> Any:
    path = f"keys/key_{town.key.public_id}/aws-pair"
    return town.api(role).post(path, body)


def pairs(town: Town) -> list[AwsPair]:
    with tenant_scope(tenant_id=town.tenant.id):
        return list(AwsPair.objects.filter(key=town.key).order_by("id"))


@pytest.mark.parametrize("public_id", ["0" * 12, "z" * 12, "0123456789ab"])
def test_an_id_says_whose_pair_it_is(public_id: str) -> None:
    minted = aws_pairs.mint(public_id)
    assert re.fullmatch(r"SYAK[A-Z2-7]{16}", minted.access_key_id)
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", minted.secret_access_key)
    assert aws_pairs.public_id_of(minted.access_key_id) == public_id
    assert minted.secret_access_key not in repr(minted)


@pytest.mark.parametrize("text", ["", "AKIAIOSFODNN7EXAMPLE", "SYAK" + "1" * 16, "SYAK" + "7" * 16])
def test_what_is_no_id_of_a_pair_is_nobodys(text: str) -> None:
    assert aws_pairs.public_id_of(text) is None


def test_no_two_pairs_of_a_key_are_one() -> None:
    public_id = keys.new_public_id()
    assert len({aws_pairs.mint(public_id).access_key_id for _ in range(20)}) > 1


def test_a_pair_is_shown_once_and_its_secret_stays_sealed(town: Town) -> None:
    answer = issue(town)
    said = answer.json()
    assert (answer.status_code, said["id"]) == (201, f"key_{town.key.public_id}")
    assert aws_pairs.public_id_of(said["access_key_id"]) == town.key.public_id
    [pair] = pairs(town)
    assert said["secret_access_key"].encode() not in bytes(pair.sealed_secret)
    with tenant_scope(tenant_id=town.tenant.id):
        opened = vault_from_setting(settings.KEY_ENCRYPTION_KEY).open(
            blob=bytes(pair.sealed_secret),
            table="aws_pairs",
            row=pair.access_key_id,
            field="sealed_secret",
            tenant_id=town.tenant.id,
        )
    assert opened.reveal().decode() == said["secret_access_key"]
    assert str(pair) == said["access_key_id"]


def test_the_pair_before_lives_on_for_the_overlap(town: Town) -> None:
    first = issue(town).json()["access_key_id"]
    second = issue(town, overlap_s=3600).json()["access_key_id"]
    with tenant_scope(tenant_id=town.tenant.id):
        spec = compile_key(ApiKey.objects.get(pk=town.key.pk))
    assert [pair.access_key_id for pair in spec.aws_pairs] == [first, second]
    assert [pair.expires_at is None for pair in spec.aws_pairs] == [False, True]
    third = issue(town).json()["access_key_id"]
    assert [pair.access_key_id for pair in pairs(town)][-1] == third
    assert [pair.expires_at is None for pair in pairs(town)] == [False, False, True]
    issue(town)
    assert third in {pair.access_key_id for pair in pairs(town)}
    assert len(pairs(town)) == 2


def test_a_revoked_key_gets_no_pair(town: Town) -> None:
    town.api("owner").post(f"keys/key_{town.key.public_id}/revoke", {})
    assert issue(town).json()["code"] == "key_is_revoked"


def test_an_overlap_has_a_limit(town: Town) -> None:
    assert issue(town, overlap_s=86_401).status_code == 400
