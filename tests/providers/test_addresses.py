"""Which addresses outbound calls may reach (F-62)."""

from ipaddress import ip_address, ip_network

import pytest

from providers.addresses import AddressPolicy, RefusedAddress, place_of

PUBLIC = AddressPolicy()
REFUSED = (
    "127.0.0.1", "0.0.0.0", "10.1.1.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",  # noqa: S104 - refused
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fe80::1",
    "fc00::1", "fec0::1", "ff02::1", "fd00:ec2::254",
)  # fmt: skip
ALSO_REFUSED = ("192.88.99.1", "2001:db8::1", "3fff::1", "4000::1", "::ffff:0:808:808", "::8.8.8.8")
NAMES = (
    "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "localhost.", "127.0.0.1%00.evil.com",
    "[::ffff:7f00:1]", "\u2460\u2461\u2466.0.0.1",
)  # fmt: skip
PASSING = ("8.8.8.8", "2606:4700::1111")


def _url(host: str) -> str:
    return f"https://[{host}]/v1" if ":" in host and "[" not in host else f"https://{host}/v1"


@pytest.mark.parametrize("address", [*REFUSED, *ALSO_REFUSED])
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    place = place_of("https://a.example/v1")
    with pytest.raises(RefusedAddress):
        PUBLIC.check_addresses(place, [ip_address(address)])
    with pytest.raises(RefusedAddress):
        PUBLIC.check_url(_url(address))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_may_be_read_as_another_address_is_refused(name: str) -> None:
    with pytest.raises(RefusedAddress):
        PUBLIC.check_url(_url(name))


@pytest.mark.parametrize("address", PASSING)
def test_a_public_address_passes(address: str) -> None:
    place = PUBLIC.check_url(_url(address))
    assert place.host == address
    assert PUBLIC.check_addresses(place, [ip_address(address)]) == (ip_address(address),)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.1.1", "::1", "fc00::1", "64:ff9b::7f00:1"])
def test_a_listed_network_passes_on_any_port(address: str) -> None:
    policy = AddressPolicy(allow=(ip_network(address),))
    place = policy.check_url(_url(address).replace("/v1", ":8000/v1"))
    assert policy.check_addresses(place, [ip_address(address)])
    named = policy.check_url("https://model.internal:8000/v1")
    assert policy.check_addresses(named, [ip_address(address)])


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"]
)
def test_metadata_is_refused_even_when_its_network_is_listed(address: str) -> None:
    policy = AddressPolicy(allow=(ip_network("0.0.0.0/0"), ip_network("::/0")))
    with pytest.raises(RefusedAddress, match="metadata"):
        policy.check_url(_url(address))


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    place = PUBLIC.check_url("https://a.example/v1")
    with pytest.raises(RefusedAddress, match="loopback"):
        PUBLIC.check_addresses(place, [ip_address("8.8.8.8"), ip_address("127.0.0.1")])


def test_a_name_without_addresses_is_refused() -> None:
    place = PUBLIC.check_url("https://a.example/v1")
    with pytest.raises(RefusedAddress, match=r"a\.example has no address"):
        PUBLIC.check_addresses(place, [])


def test_a_denied_network_is_refused_unless_it_is_listed_too() -> None:
    denied = AddressPolicy(deny=(ip_network("8.8.8.0/24"),))
    with pytest.raises(RefusedAddress, match="EGRESS_DENY_CIDRS"):
        denied.check_url("https://8.8.8.8/")
    both = AddressPolicy(deny=(ip_network("8.8.8.0/24"),), allow=(ip_network("8.8.8.8/32"),))
    assert both.check_url("https://8.8.8.8/").host == "8.8.8.8"


def test_http_is_for_listed_hosts_alone() -> None:
    policy = AddressPolicy(
        allow=(ip_network("10.0.0.0/8"),), http_hosts=frozenset({"vllm.internal", "10.1.1.1"})
    )
    with pytest.raises(RefusedAddress, match="EGRESS_ALLOW_HTTP_HOSTS"):
        policy.check_url("http://10.1.1.2:8000/v1")
    assert policy.check_url("http://10.1.1.1:8000/v1").scheme == "http"
    place = policy.check_url("HTTP://VLLM.internal:8000/v1")
    assert place.origin == "http://vllm.internal:8000"
    assert policy.check_addresses(place, [ip_address("10.2.2.2")])


def test_a_port_that_is_not_listed_is_refused_with_its_name() -> None:
    with pytest.raises(RefusedAddress, match=r"port 8443.*EGRESS_ALLOW_PORTS"):
        PUBLIC.check_url("https://a.example:8443/v1")
    more = AddressPolicy(ports=frozenset({443, 8443}))
    assert more.check_url("https://a.example:8443/v1").port == 8443


def test_a_port_is_judged_with_the_address_when_networks_are_listed() -> None:
    policy = AddressPolicy(allow=(ip_network("10.0.0.0/8"),))
    place = policy.check_url("https://a.example:8443/v1")
    with pytest.raises(RefusedAddress, match="port 8443"):
        policy.check_addresses(place, [ip_address("8.8.8.8")])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://a.example/", "must start with https"),
        ("a.example/v1", "must start with https"),
        ("https://user:secret@a.example/", "user name"),
        ("https://a.example@b.example/", "user name"),
        ("https://a.example/#x", "fragment"),
        ("https://evil.example#.openai.azure.com/", "fragment"),
        ("https:///v1", "no host"),
        ("https://a.example:0/", "port 0"),
        ("https://a.example:99999/", "cannot be read"),
        ("https://a.example:4x3/", "cannot be read"),
        ("https://[::1/", "cannot be read"),
        ("https://[fe80::1%25eth0]/", "neither a name"),
        ("https://[v1.x]/", "neither a name"),
        ("https://[::1]x/", "cannot be read|neither a name"),
        ("https://a..example/", "neither a name"),
        ("https://-a.example/", "neither a name"),
        (f"https://{'a' * 64}.example/", "neither a name"),
        (f"https://{'a.' * 127}example/", "neither a name"),
        ("https://1.2.3/", "four decimal numbers"),
        ("https://a.0x7f/", "four decimal numbers"),
        ("https://a.example/ v1", "blank"),
        ("https://a.example\\@b.example/", "backslash"),
        ("https://a.example/\r\nX: y", "blank"),
        ("https://bücher.example/", "outside ASCII"),
    ],
)
def test_a_url_that_cannot_be_called_says_why(url: str, why: str) -> None:
    with pytest.raises(RefusedAddress, match=why):
        PUBLIC.check_url(url)


@pytest.mark.parametrize(
    ("url", "origin", "authority", "target"),
    [
        ("https://A.example", "https://a.example", "a.example", "/"),
        ("https://a.example:443/v1/x?q=1", "https://a.example", "a.example", "/v1/x?q=1"),
        ("http://a_b:8000/v1", "http://a_b:8000", "a_b:8000", "/v1"),
        ("https://[2606:4700::0:1111]/", "https://[2606:4700::1111]", "[2606:4700::1111]", "/"),
        ("https://[::1]:8443/", "https://[::1]:8443", "[::1]:8443", "/"),
    ],
)
def test_a_place_is_named_in_one_way(url: str, origin: str, authority: str, target: str) -> None:
    place = place_of(url)
    assert (place.origin, place.authority, place.target) == (origin, authority, target)


def test_a_policy_is_read_from_the_settings() -> None:
    network = ip_network("10.0.0.0/8")
    values = {
        "EGRESS_ALLOW_CIDRS": (network,),
        "EGRESS_DENY_CIDRS": (),
        "EGRESS_ALLOW_PORTS": (443, 8443),
        "EGRESS_ALLOW_HTTP_HOSTS": ("VLLM.internal",),
    }
    assert AddressPolicy.of_settings(values) == AddressPolicy(
        allow=(network,),
        ports=frozenset({443, 8443}),
        http_hosts=frozenset({"vllm.internal"}),
    )


def test_what_is_open_to_providers_is_not_open_to_urls_of_clients() -> None:
    values = {
        "EGRESS_ALLOW_CIDRS": (ip_network("10.0.0.0/8"),),
        "EGRESS_MEDIA_ALLOW_CIDRS": (ip_network("10.9.0.0/16"),),
        "EGRESS_DENY_CIDRS": (),
        "EGRESS_ALLOW_PORTS": (443,),
        "EGRESS_ALLOW_HTTP_HOSTS": ("10.1.2.3",),
    }
    media = AddressPolicy.of_media(values)
    assert AddressPolicy.of_settings(values).check_url("http://10.1.2.3/a.png").port == 80
    with pytest.raises(RefusedAddress, match="EGRESS_MEDIA_ALLOW_CIDRS"):
        media.check_url("http://10.1.2.3/a.png")
    assert media.check_url("https://10.9.2.3/a.png").port == 443
