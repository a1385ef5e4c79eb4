import pytest

from accounts import keys
from gateway.edge.identity.possession import FailureMeter, Verifier, carried_values, possession
from gateway.snapshot.snapshot import Snapshot
from tests.gateway.edge.plane import (
    KEY,
    PEPPER,
    PEPPER_ID,
    bearer,
    key_spec,
    secret_spec,
    snapshot,
)
from tests.routing.world import NOW

VERIFIER = Verifier({PEPPER_ID: PEPPER})
OTHER = keys.mint(environment="live")


def found(
    headers: dict[bytes, bytes], query: bytes = b"", *, view: Snapshot | None = None
) -> str | None:
    held = possession(headers, query, verifier=VERIFIER, snapshot=view or snapshot(), now=NOW)
    return held.key.id if held else None


@pytest.mark.parametrize(
    "headers",
    [
        {b"authorization": b"Bearer " + KEY.encode()},
        {b"authorization": b"bearer   " + KEY.encode()},
        {b"x-api-key": KEY.encode()},
        {b"api-key": KEY.encode()},
        {b"x-goog-api-key": KEY.encode()},
        {b"x-gateway-api-key": KEY.encode()},
    ],
)
def test_a_key_is_taken_from_any_of_its_headers(headers: dict[bytes, bytes]) -> None:
    assert found(headers) == key_spec().id


def test_a_key_is_taken_from_the_query() -> None:
    assert found({}, b"alt=sse&key=" + KEY.encode()) == key_spec().id


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (b"key=a", [b"a"]),
        (b"x=1&key=a%2Bb&y", [b"a+b"]),
        (b"key=&monkey=a&key=b", [b"b"]),
        (b"key=a&" * 9_000, [b"a"]),
        (b"a=key%3Da&keys=b&key", []),
    ],
)
def test_one_key_is_read_of_a_query_however_many_it_holds(
    query: bytes, values: list[bytes]
) -> None:
    assert [value for _, value in carried_values({}, query)] == values


def test_the_first_valid_value_wins() -> None:
    headers = {b"authorization": b"Bearer sk-not-ours", b"x-api-key": KEY.encode()}

    assert found(headers) == key_spec().id


def test_values_come_in_the_fixed_order() -> None:
    headers = {
        b"x-gateway-api-key": b"6",
        b"x-goog-api-key": b"4",
        b"api-key": b"3",
        b"x-api-key": b"2",
        b"authorization": b"Bearer 1",
    }

    assert [value for _, value in carried_values(headers, b"key=5")] == [
        b"1", b"2", b"3", b"4", b"5", b"6",
    ]  # fmt: skip


STRANGERS = {
    "nothing": "",
    "a vendor's": "sk-something",
    "of another installation": OTHER.value,
    "wrong checksum": KEY[:-1] + ("0" if KEY[-1] != "0" else "1"),
    "wrong secret": KEY[:25] + ("0" if KEY[25] != "0" else "1") + KEY[26:],
    "not ASCII": "ключ",
}


@pytest.mark.parametrize("value", STRANGERS.values(), ids=STRANGERS.keys())
def test_what_is_no_key_of_ours_is_nobodys(value: str) -> None:
    assert found({b"authorization": f"Bearer {value}".encode()}) is None


def test_a_well_formed_key_with_a_foreign_secret_is_refused() -> None:
    forged = keys.mint(environment="live", public_id=key_spec().public_id)

    assert found(bearer(forged.value)) is None


def test_both_secrets_of_a_rotated_key_work_until_the_old_one_ends() -> None:
    renewed = keys.mint(environment="live", public_id=key_spec().public_id)
    overlap = (secret_spec(renewed.value), secret_spec(KEY, expires_at=NOW + 1))
    over = (secret_spec(renewed.value), secret_spec(KEY, expires_at=NOW))

    assert found(bearer(), view=snapshot(key_spec(secrets=overlap)))
    assert found(bearer(renewed.value), view=snapshot(key_spec(secrets=overlap)))
    assert found(bearer(), view=snapshot(key_spec(secrets=over))) is None


def test_a_secret_under_an_unknown_pepper_never_matches() -> None:
    verifier = Verifier({"another": "pepper"})

    assert possession(bearer(), b"", verifier=verifier, snapshot=snapshot(), now=NOW) is None


@pytest.mark.parametrize("allowed", [True, False])
def test_beside_the_gateways_header_the_other_value_is_the_clients_own(*, allowed: bool) -> None:
    headers = {b"x-gateway-api-key": KEY.encode(), b"authorization": b"Bearer sk-vendor"}
    view = snapshot(key_spec(byok_allowed=allowed))

    held = possession(headers, b"", verifier=VERIFIER, snapshot=view, now=NOW)

    assert held is not None
    assert held.vendor_key == (b"sk-vendor" if allowed else None)


@pytest.mark.parametrize("value", [KEY, OTHER.value, ""], ids=["the same", "another", "nothing"])
def test_a_gateways_key_is_nobodys_vendor_key(value: str) -> None:
    view = snapshot(key_spec(byok_allowed=True))
    headers = {b"x-gateway-api-key": KEY.encode(), **bearer(value)}

    held = possession(headers, b"", verifier=VERIFIER, snapshot=view, now=NOW)
    also = possession(
        {**headers, b"x-api-key": b"sk-own"}, b"", verifier=VERIFIER, snapshot=view, now=NOW
    )

    assert held is not None
    assert held.vendor_key is None
    assert also is not None
    assert also.vendor_key == b"sk-own"


def test_a_wrong_gateway_header_leaves_the_other_one_to_count() -> None:
    headers = {b"x-gateway-api-key": b"nothing", b"x-api-key": KEY.encode()}

    assert found(headers) == key_spec().id


def test_failures_of_one_address_are_told_to_wait_after_thirty() -> None:
    meter = FailureMeter(per_minute=30, addresses=10)

    waits = [meter.note("192.0.2.1", now=second) for second in range(32)]

    assert waits[:30] == [None] * 30
    assert waits[30:] == [30.0, 29.0]
    assert meter.note("192.0.2.2", now=31) is None
    assert meter.note("192.0.2.1", now=61) is None


def test_the_meter_forgets_the_oldest_addresses() -> None:
    meter = FailureMeter(per_minute=1, addresses=2)
    for number in range(5):
        meter.note(f"192.0.2.{number}", now=0)

    assert meter.note("192.0.2.0", now=1) is None
    assert meter.note("192.0.2.4", now=1) is not None
