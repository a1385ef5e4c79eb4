"""What the data plane is told of tenants and keys."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from accounts.compile import compile_key, compile_tenant
from accounts.models import ApiKey, ConfigChange
from accounts.specs import KeySpec, SecretSpec, TenantSpec
from accounts.tenancy import tenant_scope
from tests.accounts.world import Town

MOMENT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
FIELDS: dict[str, Any] = {
    "scopes": ["inference", "mcp"],
    "tags": ["a", "b"],
    "allowed_models": ["gpt-4*"],
    "denied_models": ["gpt-4o"],
    "restrict_served": True,
    "allowed_dialects": ["openai.chat"],
    "allowed_paths": ["/v1/*"],
    "allowed_ips": ["10.0.0.0/8"],
    "denied_ips": ["10.1.2.3/32"],
    "expires_at": MOMENT.isoformat(),
    "fidelity": "lossless",
    "byok_allowed": True,
    "dearer_fallback": False,
    "priority": 9,
}


def compiled(town: Town, key_id: str) -> KeySpec:
    with tenant_scope(tenant_id=town.tenant.id):
        spec = compile_key(ApiKey.objects.get(public_id=key_id.removeprefix("key_")))
    # As it arrives: encoded by the control plane, decoded by the data plane.
    return msgspec.json.decode(msgspec.json.encode(spec), type=KeySpec)


def test_every_field_that_decides_about_requests_arrives(town: Town) -> None:
    owner = town.people["developer"]
    made = (
        town.api("owner")
        .post("keys", {"name": "ci", "owner": str(owner.id), "team": str(town.team.id), **FIELDS})
        .json()
    )
    spec = compiled(town, made["id"])
    told = {
        **FIELDS,
        "id": made["id"],
        "public_id": made["id"].removeprefix("key_"),
        "tenant_id": str(town.tenant.id),
        "name": "ci",
        "environment": "live",
        "owner_id": str(owner.id),
        "team_id": str(town.team.id),
        "expires_at": MOMENT.timestamp(),
    }
    assert msgspec.structs.replace(spec, secrets=()) == msgspec.convert(told, KeySpec)
    [secret] = spec.secrets
    assert (len(secret.digest), len(secret.pepper_id), secret.expires_at) == (32, 16, None)


def test_after_a_rotation_both_secrets_arrive_the_old_one_with_its_end(town: Town) -> None:
    key_id = f"key_{town.key.public_id}"
    [before] = compiled(town, key_id).secrets
    town.api("owner").post(f"keys/{key_id}/rotate", {"overlap_s": 3600})
    secrets = compiled(town, key_id).secrets
    old: SecretSpec = next(secret for secret in secrets if secret.digest == before.digest)
    assert len(secrets) == 2
    assert old.expires_at is not None
    end = datetime.now(UTC) + timedelta(hours=1)
    assert abs(old.expires_at - end.timestamp()) < 60


def test_a_tenant_arrives_with_its_status(town: Town) -> None:
    town.tenant.status = "suspended"
    assert compile_tenant(town.tenant) == TenantSpec(
        id=str(town.tenant.id), slug=town.tenant.slug, status="suspended"
    )


def test_the_keys_of_a_deleted_team_are_compiled_without_it(town: Town) -> None:
    key_id = f"key_{town.key.public_id}"
    assert compiled(town, key_id).team_id == str(town.team.id)
    town.api("owner").delete(f"teams/{town.team.id}")
    assert compiled(town, key_id).team_id is None
    with tenant_scope(tenant_id=town.tenant.id):
        noted = ConfigChange.objects.filter(kind="key", object_id=str(town.key.id))
        assert noted.exists()
