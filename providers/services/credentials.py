"""Writes on credentials: the secret goes in, is sealed at once and never comes out here.

Rule 1: a submitted mask is refused, for it would replace the secret by its picture.
Rule 2: what gives a credential a new chance (secret, enable, reset) counts its generation up, by
which the workers forget what they held against it.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.access import Access
from accounts.actors import Actor
from accounts.errors import FieldProblem, Invalid, Refused
from accounts.peppers import current_pepper
from accounts.services.changes import lock
from accounts.services.key_fields import expiry
from providers.adapters.headers import HeaderRefused, require_name, require_value
from providers.adapters.registry import ADAPTERS
from providers.adapters.sigv4 import PAIR_FORM, keys_of
from providers.models import Credential, Provider
from providers.selectors.credentials import credentials_of
from providers.selectors.providers import editable_providers
from providers.services.announcing import record_addition, record_changes, record_removal
from providers.services.vault import vault_from_setting

TABLE: Final = "provider_credentials"
FIELD: Final = "sealed_secret"
SUFFIX: Final = 4
# A shorter secret would be shown in good part by its suffix.
LEAST_FOR_SUFFIX: Final = 12
MASK: Final = re.compile(r"…|•|\*{3}|\.{3}\w{0,4}\Z")
PUBLIC_NAME: Final = re.compile(r"[^\s\x00-\x1f]{1,200}")
NEW_CHANCE: Final[Mapping[str, Any]] = {
    "state": "active",
    "state_reason": "",
    "state_until": None,
    "last_error": "",
}


class MaskedSecret(Invalid):
    def __init__(self) -> None:
        told = "this is how a secret is shown; leave it out, or enter the whole new one"
        super().__init__([FieldProblem(field="secret", code="masked_secret", message=told)])
        self.code = "masked_secret"


class Switch(Protocol):
    """A write that takes nothing but which row."""

    def __call__(
        self,
        *,
        actor: Actor,
        access: Access,
        provider_id: UUID,
        credential_id: UUID,
        expected_version: int | None = None,
    ) -> Credential: ...


@transaction.atomic
def create_credential(
    *, actor: Actor, access: Access, provider_id: UUID, fields: Mapping[str, Any]
) -> Credential:
    provider = lock(editable_providers(access=access), pk=provider_id)
    return add_credential(provider, actor=actor, access=access, fields=fields)


def add_credential(
    provider: Provider, *, actor: Actor, access: Access, fields: Mapping[str, Any]
) -> Credential:
    """Inside a transaction, to a provider that the caller may change."""
    given = _checked(fields, access=access)
    secret = given.pop("secret", None)
    row = Credential(
        tenant_id=provider.tenant_id, provider=provider, created_by_id=actor.user_id, **given
    )
    if "kind" not in given:
        row.kind = ADAPTERS[provider.kind].credential_kinds[0]
    for name, value in _secret_changes(row, secret=secret).items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise _name_taken(row.name) from None
    record_addition(actor=actor, row=row, action="credential.create")
    return _shown(row)


@transaction.atomic
def update_credential(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    credential_id: UUID,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> Credential:
    """Without a secret the one there is stays."""
    row = _locked(
        access=access,
        provider_id=provider_id,
        credential_id=credential_id,
        expected_version=expected_version,
    )
    given = _checked(changes, access=access)
    secret = given.pop("secret", None)
    row.kind, row.header = given.get("kind", row.kind), given.get("header", row.header)
    sealed = _secret_changes(row, secret=secret)
    row.refresh_from_db(fields=["kind", "header"])
    try:
        with transaction.atomic():
            record_changes(
                actor=actor, row=row, action="credential.update", changes={**given, **sealed}
            )
    except IntegrityError:
        raise _name_taken(given["name"]) from None
    return _shown(row)


@transaction.atomic
def rotate_credential(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    credential_id: UUID,
    secret: str,
    expected_version: int | None = None,
) -> Credential:
    """The new secret takes the place of the old at once."""
    row = _locked(
        access=access,
        provider_id=provider_id,
        credential_id=credential_id,
        expected_version=expected_version,
    )
    sealed = _secret_changes(row, secret=checked_secret(secret))
    record_changes(actor=actor, row=row, action="credential.rotate", changes=sealed)
    return _shown(row)


@transaction.atomic
def enable_credential(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    credential_id: UUID,
    expected_version: int | None = None,
) -> Credential:
    """Also says yes to a host that has changed since the secret was entered."""
    row = _locked(
        access=access,
        provider_id=provider_id,
        credential_id=credential_id,
        expected_version=expected_version,
    )
    changes = {"enabled": True, "needs_confirmation": False, **new_chance(row)}
    record_changes(actor=actor, row=row, action="credential.enable", changes=changes)
    return _shown(row)


@transaction.atomic
def disable_credential(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    credential_id: UUID,
    expected_version: int | None = None,
) -> Credential:
    row = _locked(
        access=access,
        provider_id=provider_id,
        credential_id=credential_id,
        expected_version=expected_version,
    )
    record_changes(actor=actor, row=row, action="credential.disable", changes={"enabled": False})
    return _shown(row)


@transaction.atomic
def reset_credential(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    credential_id: UUID,
    expected_version: int | None = None,
) -> Credential:
    """The workers forget its failures and try it again."""
    row = _locked(
        access=access,
        provider_id=provider_id,
        credential_id=credential_id,
        expected_version=expected_version,
    )
    record_changes(actor=actor, row=row, action="credential.reset", changes=new_chance(row))
    return _shown(row)


@transaction.atomic
def delete_credential(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    credential_id: UUID,
    expected_version: int | None = None,
) -> None:
    row = _locked(
        access=access,
        provider_id=provider_id,
        credential_id=credential_id,
        expected_version=expected_version,
    )
    record_removal(actor=actor, row=row, action="credential.delete")


def _locked(
    *, access: Access, provider_id: UUID, credential_id: UUID, expected_version: int | None
) -> Credential:
    provider = lock(editable_providers(access=access), pk=provider_id)
    rows = Credential.objects.filter(provider=provider)
    row = lock(rows, pk=credential_id, expected_version=expected_version)
    row.provider = provider
    return row


def _shown(row: Credential) -> Credential:
    """As a list would show it: whether another holds the same secret."""
    return credentials_of(row.provider).get(pk=row.pk)


def _checked(fields: Mapping[str, Any], *, access: Access) -> dict[str, Any]:
    given = dict(fields)
    if "secret" in given:
        given["secret"] = checked_secret(given["secret"])
    if "models" in given:
        given["allowed_models"] = _checked_models(given.pop("models"))
    if "expires_at" in given:
        zone = access.tenant.reporting_tz if access.tenant is not None else "UTC"
        given["expires_at"] = expiry(given["expires_at"], reporting_tz=zone)
    if given.get("header"):
        try:
            given["header"] = require_name(given["header"])
        except HeaderRefused as refused:
            raise Invalid.one(field="header", message=str(refused)) from None
    return given


def checked_secret(text: str) -> str:
    secret = text.strip()
    if MASK.search(secret):
        raise MaskedSecret
    try:
        require_value("secret", secret)
    except HeaderRefused as refused:
        raise Invalid.one(field="secret", message=str(refused)) from None
    if not secret or not secret.isascii():
        raise Invalid.one(field="secret", message="a secret is plain ASCII and not empty")
    return secret


def _checked_models(names: list[str]) -> list[str]:
    for position, name in enumerate(names):
        if PUBLIC_NAME.fullmatch(name) is None:
            raise Invalid.one(field=f"models[{position}]", message=f"{name!r} is no model's name")
    return list(dict.fromkeys(names))


def _secret_changes(row: Credential, *, secret: str | None) -> dict[str, Any]:
    """What to store for the row's kind; Invalid where the kind and what is given do not fit."""
    known = ADAPTERS[row.provider.kind].credential_kinds
    if row.kind not in known:
        raise Invalid.one(
            field="kind",
            code="invalid_choice",
            message=f"{row.provider.kind} takes credentials of kind {' or '.join(known)}",
        )
    if (row.kind == Credential.Kind.HEADER) != bool(row.header):
        needed = "name the header" if row.kind == Credential.Kind.HEADER else "only of kind header"
        raise Invalid.one(field="header", message=needed)
    if row.kind == Credential.Kind.NONE:
        if secret:
            raise Invalid.one(field="secret", message="a credential of kind none has no secret")
        return {"sealed_secret": None, "suffix": "", "fingerprint": ""}
    if secret is None:
        if row.sealed_secret is None:
            raise Invalid.one(field="secret", code="required", message="enter the secret")
        return {}
    if row.kind == Credential.Kind.AWS_KEYS and keys_of(secret) is None:
        raise Invalid.one(field="secret", message=f"expected {PAIR_FORM}")
    return {
        "sealed_secret": _sealed(row, secret=secret),
        "suffix": secret[-SUFFIX:] if len(secret) >= LEAST_FOR_SUFFIX else "",
        "fingerprint": fingerprint(secret),
        "needs_confirmation": False,
        **new_chance(row),
    }


def _sealed(row: Credential, *, secret: str) -> bytes:
    vault = vault_from_setting(settings.KEY_ENCRYPTION_KEY)
    return vault.seal(
        value=secret, table=TABLE, row=str(row.pk), field=FIELD, tenant_id=row.tenant_id
    )


def fingerprint(secret: str) -> str:
    """Finds the same secret again and gives away nothing about it."""
    told = b"provider credential\0" + secret.encode()
    return hmac.new(current_pepper().encode(), told, hashlib.sha256).hexdigest()


def new_chance(row: Credential) -> dict[str, Any]:
    return {**NEW_CHANCE, "generation": row.generation + 1}


def _name_taken(name: str) -> Refused:
    return Refused("name_taken", f"There is a credential {name!r} in this pool already.")
