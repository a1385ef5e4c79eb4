"""Writes on the models of a provider."""

import re
from collections.abc import Mapping
from typing import Any, Final, get_args
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction

from accounts.access import Access
from accounts.actors import Actor
from accounts.errors import Invalid, Refused
from accounts.services.changes import lock
from providers.capabilities import Capabilities
from providers.models import Provider, UpstreamModel
from providers.selectors.providers import editable_providers
from providers.services.announcing import record_addition, record_changes, record_removal
from providers.specs import Operation

OPERATIONS: Final = get_args(Operation)
NAME: Final = re.compile(r"[^\s\x00-\x1f]{1,200}")
# What the gateway itself decides about a request.
NOT_PARAMS: Final = frozenset({"model", "stream"})
MAX_JSON: Final = 16_384


@transaction.atomic
def create_model(
    *, actor: Actor, access: Access, provider_id: UUID, fields: Mapping[str, Any]
) -> UpstreamModel:
    provider = lock(editable_providers(access=access), pk=provider_id)
    return add_model(provider, actor=actor, access=access, fields=fields)


def add_model(
    provider: Provider, *, actor: Actor, access: Access, fields: Mapping[str, Any]
) -> UpstreamModel:
    """Inside a transaction, to a provider that the caller may change."""
    del access
    given = _checked(fields)
    given.setdefault("public_name", given["upstream_name"])
    row = UpstreamModel(
        tenant_id=provider.tenant_id, provider=provider, created_by_id=actor.user_id, **given
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise _name_taken(row.public_name) from None
    record_addition(actor=actor, row=row, action="model.create")
    return row


@transaction.atomic
def update_model(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    model_id: UUID,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> UpstreamModel:
    row = _locked(
        access=access,
        provider_id=provider_id,
        model_id=model_id,
        expected_version=expected_version,
    )
    given = _checked(changes)
    try:
        with transaction.atomic():
            record_changes(actor=actor, row=row, action="model.update", changes=given)
    except IntegrityError:
        raise _name_taken(given["public_name"]) from None
    return row


@transaction.atomic
def delete_model(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    model_id: UUID,
    expected_version: int | None = None,
) -> None:
    row = _locked(
        access=access,
        provider_id=provider_id,
        model_id=model_id,
        expected_version=expected_version,
    )
    record_removal(actor=actor, row=row, action="model.delete")


def _locked(
    *, access: Access, provider_id: UUID, model_id: UUID, expected_version: int | None
) -> UpstreamModel:
    provider = lock(editable_providers(access=access), pk=provider_id)
    rows = UpstreamModel.objects.filter(provider=provider)
    row = lock(rows, pk=model_id, expected_version=expected_version)
    row.provider = provider
    return row


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(fields)
    for name in ("upstream_name", "public_name"):
        if name in given and NAME.fullmatch(given[name]) is None:
            raise Invalid.one(field=name, message=f"{given[name]!r} holds a blank or a control")
    for position, word in enumerate(given.get("operations", ())):
        if word not in OPERATIONS:
            raise Invalid.one(
                field=f"operations[{position}]",
                code="invalid_choice",
                message=f"{word!r} is no operation; known: {', '.join(OPERATIONS)}",
            )
    if "capabilities" in given:
        _check_capabilities(given["capabilities"])
    if "params" in given:
        _check_params(given["params"])
    return given


def _check_capabilities(values: Mapping[str, Any]) -> None:
    try:
        msgspec.convert(values, Capabilities)
    except msgspec.ValidationError as error:
        raise Invalid.one(field="capabilities", message=str(error)) from None


def _check_params(values: Mapping[str, Any]) -> None:
    for group in ("drop", "rename", "default", "force"):
        for name in values.get(group, ()):
            if name in NOT_PARAMS:
                raise Invalid.one(
                    field=f"params.{group}", message=f"{name} is decided by the gateway"
                )
    if len(msgspec.json.encode(values)) > MAX_JSON:
        raise Invalid.one(field="params", message=f"more than {MAX_JSON} bytes")


def _name_taken(name: str) -> Refused:
    return Refused("name_taken", f"The provider has a model {name!r} already.")
