"""Secrets that accounts keeps: of people's authenticators, under the platform's data key; of pairs
of keys that clients sign with, under their tenant's."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from providers.services.vault import Vault, vault_from_setting

TABLE: Final = "mfa_authenticator"
FIELD: Final = "data"
AWS_PAIRS: Final = "aws_pairs"
SEALED: Final = "sealed_secret"


@dataclass(kw_only=True)
class PairSealer:
    """The secrets of AWS pairs; the data plane opens them by the same place."""

    key_encryption_key: str

    @cached_property
    def vault(self) -> Vault:
        return vault_from_setting(self.key_encryption_key)

    def seal(self, *, value: str, access_key_id: str, tenant_id: UUID) -> bytes:
        return self.vault.seal(
            value=value,
            table=AWS_PAIRS,
            row=access_key_id,
            field=SEALED,
            tenant_id=tenant_id,
        )


@dataclass(kw_only=True)
class AuthenticatorEnvelope:
    """Each value is bound to its person: copied to another row it does not open."""

    key_encryption_key: str

    @cached_property
    def vault(self) -> Vault:
        return vault_from_setting(self.key_encryption_key)

    def seal(self, *, value: str, user_id: UUID) -> bytes:
        return self.vault.seal(value=value, table=TABLE, row=str(user_id), field=FIELD)

    def open(self, *, blob: bytes, user_id: UUID) -> str:
        secret = self.vault.open(blob=blob, table=TABLE, row=str(user_id), field=FIELD)
        return secret.reveal().decode()
