"""Rows → specs: what a row does not say comes from its parent, then from the platform."""

from typing import Any

import msgspec
import pytest

from accounts.tenancy import platform_scope
from providers.compile import compile_data_key, compile_provider
from providers.models import DataKey, Provider
from providers.specs import PoolPolicy, ProviderSpec, Timeouts
from tests.factories.accounts import TenantFactory
from tests.factories.providers import CredentialFactory, ProviderFactory, UpstreamModelFactory


@pytest.fixture(autouse=True)
def _platform(db: None) -> None:
    pass


def compiled(row: Provider) -> ProviderSpec:
    with platform_scope("test"):
        rows = Provider.objects.select_related("parent")
        return compile_provider(rows.get(pk=row.pk))


def make(**fields: object) -> Provider:
    with platform_scope("test"):
        row: Provider = ProviderFactory(**fields)
    return row


def test_a_bare_provider_has_the_platforms_defaults() -> None:
    spec = compiled(make(slug="acme", priority=7))

    assert (spec.slug, spec.priority, spec.tenant_id, spec.visible_to) == ("acme", 7, None, None)
    assert (spec.timeouts, spec.pool) == (Timeouts(), PoolPolicy())
    assert spec.base_url == "https://api.example.test/v1"
    assert [surface.dialect for surface in spec.surfaces] == ["openai.chat", "openai.embeddings"]
    assert (spec.disconnect_policy, spec.simulated) == ("cancel", False)


def test_the_operator_sets_the_platforms_default(settings: Any) -> None:
    settings.BACKEND_MAX_FAILURES = 9
    settings.BACKEND_RETRY_AFTER_SECS = 300
    settings.BACKEND_LOAD_BALANCE_STRATEGY = "failover"

    assert compiled(make()).pool == PoolPolicy(
        strategy="failover", max_failures=9, retry_after_s=300
    )


def test_a_child_inherits_what_it_does_not_say() -> None:
    parent = make(
        slug="acme",
        ttft_ms=1,
        idle_ms=2,
        max_failures=5,
        pool_strategy="weighted",
        disconnect_policy="drain",
        headers={"x-a": "parent", "x-b": "parent"},
        proxy_url="http://proxy.test",
        data_region="eu",
    )
    child = compiled(
        make(slug="acme.eu", parent=parent, base_url="", ttft_ms=3, headers={"x-b": "child"})
    )

    assert (child.timeouts.ttft_ms, child.timeouts.idle_ms, child.timeouts.total_ms) == (
        3,
        2,
        600_000,
    )
    assert (child.pool.max_failures, child.pool.strategy) == (5, "weighted")
    assert (child.disconnect_policy, child.data_region) == ("drain", "eu")
    assert child.headers == {"x-a": "parent", "x-b": "child"}
    assert (child.base_url, child.proxy_url) == ("https://api.example.test/v1", "http://proxy.test")


def test_where_a_back_end_is_is_not_inherited_by_another_kind() -> None:
    parent = make(slug="acme")
    child = compiled(make(slug="acme.claude", parent=parent, kind="anthropic", base_url=""))

    assert child.base_url == ""
    (surface,) = child.surfaces
    assert surface.base_url == "https://api.anthropic.com"


@pytest.mark.parametrize(
    ("parent", "enabled", "draining"),
    [({"enabled": False}, False, False), ({"draining": True}, True, True), ({}, True, False)],
)
def test_a_child_is_no_more_alive_than_its_parent(
    *, parent: dict[str, bool], enabled: bool, draining: bool
) -> None:
    child = compiled(make(slug="acme.eu", parent=make(slug="acme", **parent)))

    assert (child.enabled, child.draining) == (enabled, draining)


def test_named_surfaces_take_the_place_of_the_kinds() -> None:
    named = [{"dialect": "openai.embeddings", "base_url": "https://embed.example.test/v1"}]
    (surface,) = compiled(make(surfaces=named)).surfaces

    assert (surface.dialect, surface.base_url) == (
        "openai.embeddings",
        "https://embed.example.test/v1",
    )


def test_credentials_stand_in_the_order_of_the_pool() -> None:
    with platform_scope("test"):
        row = ProviderFactory(tenant=TenantFactory())
        CredentialFactory(provider=row, name="third", priority=200)
        CredentialFactory(provider=row, name="first")
        CredentialFactory(
            provider=row,
            name="second",
            kind="api_key",
            sealed_secret=b"sealed",
            weight=4,
            allowed_models=["gpt-4"],
            rpm_limit=1,
            generation=3,
            needs_confirmation=True,
        )
    spec = compiled(row)

    assert [credential.name for credential in spec.credentials] == ["first", "second", "third"]
    second = spec.credentials[1]
    assert (second.sealed, second.weight, second.models) == (b"sealed", 4, ("gpt-4",))
    assert (second.rpm_limit, second.generation, second.needs_confirmation) == (1, 3, True)
    assert spec.tenant_id == str(row.tenant_id)


def test_a_model_becomes_a_target() -> None:
    with platform_scope("test"):
        row = ProviderFactory(kind="openai", visible_to=[TenantFactory().id])
        UpstreamModelFactory(
            provider=row,
            upstream_name="gpt-4-0613",
            public_name="gpt-4",
            operations=["chat", "count_tokens"],
            context_window=10,
            max_output_tokens=5,
            capabilities={"refuses": ["image"], "effort": "effort", "efforts": ["low", "high"]},
            params={
                "drop": ["user"],
                "rename": {"a": "b"},
                "default": {"temperature": 0.5},
                "force": {"store": False},
            },
        )
        UpstreamModelFactory(provider=row, upstream_name="plain")
    spec = compiled(row)
    first, second = spec.targets

    assert (first.public_name, first.target.model, first.target.vendor) == (
        "gpt-4",
        "gpt-4-0613",
        "openai",
    )
    assert (first.operations, first.context_window) == (frozenset({"chat", "count_tokens"}), 10)
    assert (first.target.max_tokens, first.target.refuses) == (5, frozenset({"image"}))
    assert (first.reasoning, second.reasoning) == (True, False)
    assert first.params.drop == {"user"}
    assert first.params.default["temperature"] == b"0.5"
    assert first.params.force["store"] == b"false"
    assert spec.visible_to == tuple(str(pk) for pk in row.visible_to)


def test_only_the_provider_itself_reads_seals_of_other_kinds() -> None:
    with platform_scope("test"):
        row = ProviderFactory()
        UpstreamModelFactory(provider=row)

    assert compiled(row).targets[0].target.vendor == str(row.id)


def test_specs_travel_as_they_are() -> None:
    with platform_scope("test"):
        row = ProviderFactory()
        UpstreamModelFactory(provider=row, params={"force": {"a": [1]}})
    spec = compiled(row)

    assert msgspec.json.decode(msgspec.json.encode(spec), type=ProviderSpec) == spec
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(spec), type=ProviderSpec) == spec


def test_a_data_key_keeps_its_owner() -> None:
    with platform_scope("test"):
        tenant = TenantFactory()
        row = DataKey.objects.create(tenant=tenant, kek_id="k", wrapped=b"w")
    spec = compile_data_key(row)

    assert (spec.id, spec.wrapped, spec.tenant_id) == (str(row.id), b"w", str(tenant.id))
    row.tenant_id = None
    assert compile_data_key(row).tenant_id is None
