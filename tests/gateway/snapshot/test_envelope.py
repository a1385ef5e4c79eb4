"""Data keys of tenants, as what is not in the database uses them."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from gateway.snapshot.assembly import CannotOpen
from gateway.snapshot.subscribe import Envelope
from providers.specs import DataKeySpec
from tests.gateway.snapshot.compiled import OTHER_RING, RING, data_key_id, data_key_row

WORD = b"a word"


def learned(*rows: Any, ring: Any = RING) -> Envelope:
    made = Envelope(ring)
    for row in rows:
        made.learn(msgspec.json.decode(row.payload, type=DataKeySpec))
    return made


PLATFORM = data_key_row(0, 1)
OF_ONE = data_key_row(1, 2, tenant="one")


def test_an_entry_opens_for_its_tenant_and_at_its_place_only() -> None:
    envelope = learned(PLATFORM, OF_ONE)
    blobs = {
        tenant: envelope.seal_entry(WORD, tenant_id=tenant, row="r") for tenant in ("one", "two")
    }
    for owner, blob in blobs.items():
        assert WORD not in blob
        for tenant in ("one", "two", "three", ""):
            for row in ("r", "s"):
                if (tenant, row) == (owner, "r"):
                    assert envelope.open_entry(blob, tenant_id=tenant, row=row) == WORD
                else:
                    with pytest.raises(CannotOpen):
                        envelope.open_entry(blob, tenant_id=tenant, row=row)


def test_a_tenant_without_a_key_has_one_made_of_the_platform_s() -> None:
    before = learned(PLATFORM)
    blob = before.seal_entry(WORD, tenant_id="one", row="r")
    assert blob[10:26] == UUID(data_key_id(0)).bytes
    # What was sealed before it had one still opens.
    after = learned(PLATFORM, OF_ONE)
    assert after.open_entry(blob, tenant_id="one", row="r") == WORD
    assert after.seal_entry(WORD, tenant_id="one", row="r")[10:26] == UUID(data_key_id(1)).bytes


def test_what_was_sealed_under_a_key_goes_with_it() -> None:
    envelope = learned(PLATFORM, OF_ONE)
    blob = envelope.seal_entry(WORD, tenant_id="one", row="r")
    envelope.forget(data_key_id(1))
    envelope.forget(data_key_id(2))  # of which nobody knows
    with pytest.raises(CannotOpen):
        envelope.open_entry(blob, tenant_id="one", row="r")
    # From now on under the platform's.
    assert envelope.seal_entry(WORD, tenant_id="one", row="r")[10:26] == UUID(data_key_id(0)).bytes
    envelope.forget(data_key_id(0))
    with pytest.raises(CannotOpen, match="no data key"):
        envelope.seal_entry(WORD, tenant_id="one", row="r")


def test_a_key_that_was_replaced_does_not_take_its_successor_along() -> None:
    envelope = learned(OF_ONE, data_key_row(2, 3, tenant="one"))
    envelope.forget(data_key_id(1))
    assert envelope.seal_entry(WORD, tenant_id="one", row="r")[10:26] == UUID(data_key_id(2)).bytes


def test_without_the_right_key_encryption_key_nothing_is_sealed_or_opened() -> None:
    blob = learned(PLATFORM).seal_entry(WORD, tenant_id="one", row="r")
    blind = learned(PLATFORM, ring=OTHER_RING)
    with pytest.raises(CannotOpen, match="SWITCHYARD_KEK"):
        blind.seal_entry(WORD, tenant_id="one", row="r")
    with pytest.raises(CannotOpen, match="SWITCHYARD_KEK"):
        blind.open_entry(blob, tenant_id="one", row="r")
