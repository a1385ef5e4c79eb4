import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.addresses import client_address, is_within, parse_address

TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.1"),
        ("fd00::5", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_client_is_the_right_most_hop_no_trusted_proxy_answers_for(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert client_address(peer=peer, forwarded_for=forwarded, trusted=TRUSTED) == expected


@given(peer=st.ip_addresses(), forwarded=st.lists(st.text(max_size=40), max_size=4))
def test_no_header_speaks_for_a_peer_that_is_no_proxy(
    peer: ipaddress.IPv4Address | ipaddress.IPv6Address, forwarded: list[str]
) -> None:
    told = client_address(peer=str(peer), forwarded_for=forwarded, trusted=())
    assert told == str(parse_address(str(peer)))


@given(forwarded=st.lists(st.text(max_size=40), max_size=4))
def test_the_answer_is_always_an_address(forwarded: list[str]) -> None:
    told = client_address(peer="10.0.0.1", forwarded_for=forwarded, trusted=TRUSTED)
    assert parse_address(told) is not None


def test_no_address_lies_in_no_network() -> None:
    assert not is_within(None, TRUSTED)
    assert parse_address("fe80::1%eth0") == ipaddress.ip_address("fe80::1")
