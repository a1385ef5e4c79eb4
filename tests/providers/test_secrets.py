import base64
import copy
import json  # noqa: TID251 - other libraries encode with it
import pickle
from uuid import UUID

import msgspec
import pytest
from cryptography.exceptions import InvalidTag

from providers.secrets import (
    HEADER_BYTES,
    BadKey,
    Garbled,
    Kek,
    KeyRing,
    Place,
    Secret,
    UnknownKek,
    new_key,
    open_sealed,
    read_header,
    seal,
    unwrap,
    wrap,
)

DEK_ID = UUID("018f0000-0000-7000-8000-000000000001")
PLACE = Place(table="provider_credentials", tenant="t1", row="r1", field="sealed_secret")
OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def sealed(value: str = "sk-canary", *, key: Secret, place: Place = PLACE) -> bytes:
    return seal(
        value=Secret(value), key=key, kek_id=Kek.from_base64(OLD).id, dek_id=DEK_ID, place=place
    )


def test_a_sealed_value_opens_at_its_place() -> None:
    key = new_key()

    assert open_sealed(blob=sealed(key=key), key=key, place=PLACE).reveal() == b"sk-canary"


def test_a_blob_has_the_documented_layout_and_no_plaintext() -> None:
    key = new_key()

    blob = sealed(key=key)

    header = read_header(blob)
    assert blob[:2] == b"v1"
    assert (header.kek_id, header.dek_id) == (Kek.from_base64(OLD).id, DEK_ID)
    assert len(blob) == HEADER_BYTES + len("sk-canary") + 16
    assert b"canary" not in blob


def test_the_same_value_never_looks_the_same() -> None:
    key = new_key()

    assert sealed(key=key) != sealed(key=key)


@pytest.mark.parametrize("part", ["table", "tenant", "row", "field"])
def test_a_blob_moved_to_another_place_does_not_open(part: str) -> None:
    key = new_key()
    elsewhere = Place(
        **{name: "x" if name == part else getattr(PLACE, name) for name in PLACE.__slots__}
    )

    with pytest.raises(InvalidTag):
        open_sealed(blob=sealed(key=key), key=key, place=elsewhere)


def test_one_flipped_bit_is_noticed() -> None:
    key = new_key()
    blob = bytearray(sealed(key=key))
    blob[-1] ^= 1

    with pytest.raises(InvalidTag):
        open_sealed(blob=bytes(blob), key=key, place=PLACE)


def test_another_key_does_not_open() -> None:
    with pytest.raises(InvalidTag):
        open_sealed(blob=sealed(key=new_key()), key=new_key(), place=PLACE)


@pytest.mark.parametrize("blob", [b"", b"v1short", b"v2" + bytes(80)])
def test_what_is_no_blob_is_called_so(blob: bytes) -> None:
    with pytest.raises(Garbled):
        read_header(blob)


def test_a_data_key_opens_with_the_ring_that_wrapped_it() -> None:
    key = new_key()
    ring = KeyRing.from_setting(OLD)
    blob = wrap(key=key, dek_id=DEK_ID, kek=ring.current, tenant="t1")

    assert unwrap(blob=blob, ring=ring, tenant="t1") == key


def test_a_ring_with_the_key_before_still_opens() -> None:
    key = new_key()
    blob = wrap(key=key, dek_id=DEK_ID, kek=Kek.from_base64(OLD), tenant="")

    assert unwrap(blob=blob, ring=KeyRing.from_setting(f"{NEW},{OLD}"), tenant="") == key


def test_a_missing_key_is_named() -> None:
    old = Kek.from_base64(OLD)
    blob = wrap(key=new_key(), dek_id=DEK_ID, kek=old, tenant="")

    with pytest.raises(UnknownKek, match=old.id) as refused:
        unwrap(blob=blob, ring=KeyRing.from_setting(NEW), tenant="")
    assert refused.value.kek_id == old.id


@pytest.mark.parametrize("text", ["not base64!", "c2hvcnQ=", "", " , "])
def test_a_bad_key_encryption_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey, match="SWITCHYARD_KEK"):
        KeyRing.from_setting(text)


def test_both_alphabets_of_base64_are_read() -> None:
    key = b"\xfb\xff" * 16

    ids = {
        Kek.from_base64(encode(key).decode()).id
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
    }

    assert len(ids) == 1


def test_the_id_of_a_key_is_no_part_of_it() -> None:
    kek = Kek.from_base64(OLD)

    assert len(kek.id) == 16
    assert bytes.fromhex(kek.id) not in kek.key.reveal()


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("sk-canary")

    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>20}",
        "%s" % secret,  # noqa: UP031 - the old way counts too
        json.dumps({"a": secret}),
        msgspec.json.encode({"a": secret}, enc_hook=str).decode(),
        pickle.loads(pickle.dumps(secret)),  # noqa: S301 - our own bytes
        copy.copy(secret),
        copy.deepcopy(secret),
        repr({"a": [secret]}),
    ]

    assert all("***" in text for text in shown)
    assert not any("canary" in text for text in shown)


def test_secrets_compare_by_what_they_hide() -> None:
    assert Secret("a") == Secret(b"a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "***"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
