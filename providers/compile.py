"""Rows of back-ends as the data plane sees them.

Law: inheritance is resolved here: exact model, then provider, then parent, then the platform's
default; what is archived is not compiled.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from providers.adapters.registry import ADAPTERS
from providers.capabilities import capabilities, target_of
from providers.inheritance import Effective, effective
from providers.kinds import MOCK
from providers.models import Credential, DataKey, PricePage, Provider, UpstreamModel
from providers.specs import (
    CredentialKind,
    CredentialSpec,
    DataKeySpec,
    Params,
    PricePageSpec,
    PriceSpec,
    ProviderSpec,
    Surface,
    TargetSpec,
)
from providers.vendors import vendor_of


def compile_provider(row: Provider) -> ProviderSpec:
    holds = effective(row)
    above = row.parent
    return ProviderSpec(
        id=str(row.id),
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        base_url=holds.base_url,
        tenant_id=None if row.tenant_id is None else str(row.tenant_id),
        visible_to=None if row.visible_to is None else tuple(map(str, row.visible_to)),
        priority=row.priority,
        enabled=row.enabled and (above is None or above.enabled),
        draining=row.draining or (above is not None and above.draining),
        asked_last=row.asked_last,
        surfaces=surfaces_of(row.kind, holds=holds),
        headers=holds.headers,
        proxy_url=holds.proxy_url,
        timeouts=holds.timeouts,
        pool=holds.pool,
        disconnect_policy=holds.disconnect_policy,
        allow_unlisted_models=row.allow_unlisted_models,
        credentials=tuple(
            compile_credential(credential)
            for credential in sorted(
                row.credentials.all(), key=lambda one: (one.priority, one.created_at, one.id)
            )
        ),
        targets=tuple(
            _target(model, kind=row.kind)
            for model in sorted(row.upstream_models.all(), key=lambda one: (one.created_at, one.id))
        ),
        data_region=holds.data_region,
        region=holds.region,
        price_vendor=vendor_of(
            kind=row.kind, base_url=holds.base_url or ADAPTERS[row.kind].default_base_url
        ),
        cost_multiplier=f"{row.cost_multiplier.normalize():f}",
        simulated=row.kind == MOCK,
    )


def compile_price_page(row: PricePage) -> PricePageSpec:
    prices = (msgspec.convert(price.spec, PriceSpec) for price in row.prices.all())
    return PricePageSpec(
        id=row.id,
        prices=tuple(sorted(prices, key=lambda one: (one.model, one.valid_from, one.id))),
    )


def surfaces_of(kind: str, *, holds: Effective) -> tuple[Surface, ...]:
    """Those named by the row, each where it says; without any, what the kind speaks at the base."""
    adapter = ADAPTERS[kind]
    if not holds.surfaces:
        return adapter.surfaces(holds.base_url or adapter.default_base_url)
    return tuple(
        surface
        for named in holds.surfaces
        for surface in adapter.surfaces(named["base_url"])
        if surface.dialect == named["dialect"]
    )


def compile_data_key(row: DataKey) -> DataKeySpec:
    return DataKeySpec(
        id=str(row.id),
        wrapped=bytes(row.wrapped),
        tenant_id=None if row.tenant_id is None else str(row.tenant_id),
    )


def compile_credential(row: Credential) -> CredentialSpec:
    return CredentialSpec(
        id=str(row.id),
        name=row.name,
        kind=msgspec.convert(row.kind, CredentialKind),
        sealed=bytes(row.sealed_secret or b""),
        header=row.header,
        weight=row.weight,
        priority=row.priority,
        enabled=row.enabled,
        models=tuple(row.allowed_models),
        rpm_limit=row.rpm_limit,
        tpm_limit=row.tpm_limit,
        concurrency_limit=row.concurrency_limit,
        cost_center=row.cost_center,
        expires_at=None if row.expires_at is None else row.expires_at.timestamp(),
        needs_confirmation=row.needs_confirmation,
        generation=row.generation,
    )


def _target(row: UpstreamModel, *, kind: str) -> TargetSpec:
    said = row.capabilities
    can = capabilities(kind, row.upstream_name, said)
    return TargetSpec(
        id=str(row.id),
        upstream_name=row.upstream_name,
        public_name=row.public_name,
        target=target_of(
            kind,
            row.upstream_name,
            owner=str(row.provider_id),
            said=said,
            max_tokens=row.max_output_tokens,
        ),
        enabled=row.enabled,
        operations=frozenset(row.operations),
        dialects=can.dialects,
        context_window=row.context_window,
        reasoning=can.reasoning,
        params=_params(row.params),
        price_model=row.price_model,
        created_at=int(row.created_at.timestamp()),
    )


def _params(stored: Mapping[str, Any]) -> Params:
    return Params(
        drop=frozenset(stored.get("drop", ())),
        rename=stored.get("rename", {}),
        default=_json(stored.get("default", {})),
        force=_json(stored.get("force", {})),
    )


def _json(values: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: msgspec.json.encode(value) for name, value in values.items()}
