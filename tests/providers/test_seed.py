"""What every installation begins with, and that it is made once."""

import msgspec
import pytest

from accounts.models import ApiKey, AuditEntry, CompiledSpec
from accounts.tenancy import platform_scope, tenant_scope
from gateway.ops.seed import seed
from protocols.registry import NATIVE
from providers.adapters.mock.knobs import MODELS
from providers.compile import compile_provider
from providers.models import Provider, UpstreamModel
from providers.specs import ProviderSpec
from tests.accounts.world import make_town

pytestmark = pytest.mark.usefixtures("db")


def mock() -> Provider:
    with platform_scope("test"):
        return Provider.objects.get(slug="mock", tenant=None)


def compiled() -> ProviderSpec:
    with platform_scope("test"):
        return compile_provider(Provider.objects.select_related("parent").get(pk=mock().pk))


def test_migrating_leaves_a_mock_provider_that_needs_no_key() -> None:
    spec = compiled()

    assert (spec.kind, spec.base_url, spec.simulated) == ("mock", "mock:", True)
    assert spec.allow_unlisted_models  # for the knobs behind a name
    assert [credential.kind for credential in spec.credentials] == ["none"]
    assert {target.public_name for target in spec.targets} == set(MODELS)
    operations = {target.public_name: target.operations for target in spec.targets}
    assert operations["mock-embed"] == {"embeddings"}
    assert operations["mock-echo"] == {"chat", "completions", "count_tokens"}
    assert {surface.dialect for surface in spec.surfaces} == NATIVE.keys()


def test_nobody_made_it_so_nobody_is_told_of() -> None:
    with platform_scope("test"):
        assert AuditEntry.objects.count() == 0


def test_workers_find_it_compiled() -> None:
    with platform_scope("test"):
        row = CompiledSpec.objects.get(kind="provider", object_id=str(mock().pk))

    assert msgspec.json.decode(bytes(row.payload or b""), type=ProviderSpec) == compiled()


def test_a_second_time_changes_nothing() -> None:
    assert seed() == []
    with platform_scope("test"):
        Provider.objects.filter(pk=mock().pk).update(name="mine", enabled=False)
        UpstreamModel.objects.filter(public_name="mock-json").delete()

    assert seed() == []
    assert (mock().name, len(compiled().targets)) == ("mine", len(MODELS) - 1)


def test_what_is_missing_is_made_again() -> None:
    with platform_scope("test"):
        mock().delete()
        ApiKey.objects.filter(kind="anonymous").delete()

    assert len(seed()) == 2
    assert {target.public_name for target in compiled().targets} == set(MODELS)


def test_the_anonymous_key_belongs_to_the_default_tenant_and_has_no_secret() -> None:
    with platform_scope("test"):
        key = ApiKey.objects.select_related("tenant").get(kind="anonymous")
        assert (key.tenant.slug, key.name, key.secrets.count()) == ("default", "anonymous", 0)
    assert "inference" in key.scopes


def test_every_tenant_sees_the_mock_and_none_may_change_it() -> None:
    town = make_town()
    with tenant_scope(tenant_id=town.tenant.id):
        assert Provider.objects.filter(slug="mock").count() == 1
        assert Provider.objects.filter(slug="mock").update(name="x") == 0
    shown = {row["slug"]: row for row in town.api("owner").get("providers").json()["data"]}
    assert (shown["mock"]["status"]["state"], shown["mock"]["editable"]) == ("healthy", False)
