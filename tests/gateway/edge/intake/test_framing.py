import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Refused
from gateway.edge.intake.framing import (
    HOP_BY_HOP,
    MAX_HEADER_BYTES,
    MAX_HEADERS,
    SINGLE,
    caller,
    checked_headers,
    declared_length,
    is_forwarded_https,
    is_trusted_proxy,
    refuse_encoded_body,
)

HOST = (b"host", b"console.example")
PROXIES = (ipaddress.ip_network("10.0.0.0/8"),)


def checked(
    *headers: tuple[bytes, bytes], path: str = "/", trust_proxy: bool = False
) -> list[bytes]:
    return [name for name, _ in checked_headers(headers, path=path, trust_proxy=trust_proxy)]


def refused_code(*headers: tuple[bytes, bytes], path: str = "/") -> str:
    with pytest.raises(Refused) as caught:
        checked(*headers, path=path)
    return caught.value.code


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_a_header_that_decides_something_comes_once(name: bytes) -> None:
    assert refused_code(HOST, (name, b"1"), (name, b"1")) == "bad_framing"


@pytest.mark.parametrize("value", [b"+4", b"0_4", b"-1", b"4 4", b"", b"0x4", b"4" * 20])
def test_a_length_is_a_plain_number(value: bytes) -> None:
    assert refused_code(HOST, (b"content-length", value)) == "bad_framing"


@pytest.mark.parametrize(
    "value", [b"gzip", b"gzip, chunked", b"xchunked", b"chunked, chunked", b"identity"]
)
def test_chunked_is_the_only_transfer_coding(value: bytes) -> None:
    assert refused_code(HOST, (b"transfer-encoding", value)) == "bad_framing"


def test_length_and_transfer_coding_exclude_each_other() -> None:
    both = (b"content-length", b"4"), (b"transfer-encoding", b"chunked")
    assert refused_code(HOST, *both) == "bad_framing"


@pytest.mark.parametrize("value", [b"a\0b", b"a\rb", b"a\nb", b"a\r\nx: y"])
def test_a_value_holds_no_nul_and_no_line_end(value: bytes) -> None:
    assert refused_code(HOST, (b"x-note", value)) == "bad_framing"


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"a/../b?x",
        b"a b",
        b"a@b",
        b"a,b",
        b"a:b",
        b"a:123456",
        b"[::1",
        b"::1",
        b"-a",
        b"a\xe9",
        b"a" * 300,
    ],
)
def test_a_host_that_is_none_is_refused(host: bytes) -> None:
    assert refused_code((b"host", host)) == "bad_host"


@pytest.mark.parametrize(
    "host",
    [
        b"a",
        b"a.b-c.example",
        b"a.b:8000",
        b"127.0.0.1:1",
        b"[::1]",
        b"[2001:db8::1]:443",
        b"my_service:80",
    ],
)
def test_a_host_is_a_name_or_address_with_an_optional_port(host: bytes) -> None:
    assert checked((b"host", host)) == [b"host"]


@pytest.mark.parametrize("path", ["/health", "/ready", "/liveness"])
def test_only_probes_may_come_without_a_host(path: str) -> None:
    assert checked(path=path) == []
    assert checked((b"host", b""), path=path) == [b"host"]
    assert refused_code((b"host", b"a/../b"), path=path) == "bad_host"
    assert refused_code(path="/healthy") == "bad_host"


def test_header_count_and_size_have_limits() -> None:
    many = [(b"x-%d" % number, b"") for number in range(MAX_HEADERS - 1)]
    assert len(checked(HOST, *many)) == MAX_HEADERS
    assert refused_code(HOST, *many, (b"x", b"")) == "headers_too_large"
    overhead = len(b"host" + HOST[1]) + len(b"x") + 8
    assert checked(HOST, (b"x", b"a" * (MAX_HEADER_BYTES - overhead)))
    assert (
        refused_code(HOST, (b"x", b"a" * (MAX_HEADER_BYTES - overhead + 1))) == "headers_too_large"
    )


@pytest.mark.parametrize(
    "name", [*sorted(HOP_BY_HOP - SINGLE), b"x_forwarded_for", b"content_length", b"_"]
)
def test_names_that_two_servers_read_differently_are_dropped(name: bytes) -> None:
    assert checked(HOST, (name, b"x"), (b"accept", b"*/*")) == [b"host", b"accept"]


@pytest.mark.parametrize(
    "name",
    [b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-anything", b"x-real-ip", b"forwarded"],
)
def test_only_a_trusted_proxy_speaks_for_others(name: bytes) -> None:
    assert checked(HOST, (name, b"1.2.3.4")) == [b"host"]
    assert checked(HOST, (name, b"1.2.3.4"), trust_proxy=True) == [b"host", name]


def test_a_client_cannot_nominate_what_a_proxy_added() -> None:
    nominating = (b"connection", b"x-forwarded-for"), (b"x-forwarded-for", b"1.2.3.4")
    assert checked(HOST, *nominating, trust_proxy=True) == [b"host", b"x-forwarded-for"]


def test_a_compressed_body_is_refused_and_an_identical_one_is_not() -> None:
    refuse_encoded_body([(b"content-encoding", b"Identity")])
    with pytest.raises(Refused) as caught:
        refuse_encoded_body([(b"content-encoding", b"gzip")])
    assert caught.value.code == "unsupported_encoding"


def test_the_caller_is_read_behind_proxies() -> None:
    headers = [(b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"198.51.100.1, 10.0.0.2")]
    assert caller(headers, peer="10.0.0.1", trusted=PROXIES) == "198.51.100.1"
    assert is_trusted_proxy("10.0.0.1", PROXIES)
    assert not is_trusted_proxy("10.0.0.1", ())
    assert not is_trusted_proxy("203.0.113.1", PROXIES)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], False),
        ([b"https"], True),
        ([b"http"], False),
        ([b"http, HTTPS "], True),
        ([b"https", b"http"], False),
    ],
)
def test_the_nearest_proxy_says_whether_tls_was_used(
    values: list[bytes], *, expected: bool
) -> None:
    assert is_forwarded_https([(b"x-forwarded-proto", value) for value in values]) is expected


def test_the_declared_length_is_read() -> None:
    assert declared_length([HOST]) is None
    assert declared_length([HOST, (b"content-length", b"17")]) == 17


@given(headers=st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=8))
def test_whatever_comes_is_kept_in_order_dropped_or_refused(
    headers: list[tuple[bytes, bytes]],
) -> None:
    try:
        kept = checked_headers(headers, path="/health", trust_proxy=False)
    except Refused:
        return
    names = [name for name, _ in kept]
    assert names == [name for name in dict.fromkeys(name for name, _ in headers) if name in names]
    for name, value in kept:
        joint = b"; " if name == b"cookie" else b","
        assert value == joint.join(said for each, said in headers if each == name)


def test_lines_of_one_name_are_one_list() -> None:
    headers = [
        HOST,
        (b"anthropic-beta", b"a-1, b-2"),
        (b"cookie", b"x=1"),
        (b"x-forwarded-for", b"1.1.1.1"),
        (b"anthropic-beta", b"c-3"),
        (b"x-forwarded-for", b"198.51.100.1, 10.0.0.2"),
        (b"cookie", b"y=2"),
    ]
    kept = checked_headers(headers, path="/", trust_proxy=True)
    assert kept == [
        HOST,
        (b"anthropic-beta", b"a-1, b-2,c-3"),
        (b"cookie", b"x=1; y=2"),
        (b"x-forwarded-for", b"1.1.1.1,198.51.100.1, 10.0.0.2"),
    ]
    assert caller(kept, peer="10.0.0.1", trusted=PROXIES) == "198.51.100.1"


def test_no_line_hides_a_coding_behind_another() -> None:
    lines = [HOST, (b"content-encoding", b"gzip"), (b"content-encoding", b"identity")]
    with pytest.raises(Refused):
        refuse_encoded_body(checked_headers(lines, path="/", trust_proxy=False))
