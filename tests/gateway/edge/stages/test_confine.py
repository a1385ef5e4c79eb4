from typing import Any

import pytest

from gateway.edge.errors import GatewayError
from gateway.edge.stages.confine import confine, is_confined, may_come_from
from tests.gateway.edge.plane import exchange, key_spec, plane


@pytest.mark.parametrize(
    ("fields", "address", "allowed"),
    [
        ({"allowed_ips": ("192.0.2.0/24",)}, "192.0.2.9", True),
        ({"allowed_ips": ("192.0.2.0/24",)}, "198.51.100.1", False),
        ({"allowed_ips": ("192.0.2.9",)}, "::ffff:192.0.2.9", True),
        ({"allowed_ips": ("2001:db8::/32",)}, "2001:db8::1", True),
        ({"denied_ips": ("192.0.2.9/32",)}, "192.0.2.9", False),
        ({"denied_ips": ("192.0.2.9/32",)}, "192.0.2.8", True),
        (
            {"allowed_ips": ("192.0.2.0/24",), "denied_ips": ("192.0.2.9/32",)},
            "192.0.2.9",
            False,
        ),
        ({"allowed_ips": ("192.0.2.0/24",)}, "unix", False),
        ({"denied_ips": ("192.0.2.0/24",)}, "unix", False),
        ({}, "unix", True),
    ],
)
def test_a_key_may_be_confined_to_addresses(
    fields: dict[str, Any], address: str, *, allowed: bool
) -> None:
    assert may_come_from(key_spec(**fields), address) is allowed


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"allowed_ips": ("198.51.100.0/24",)}, "ip_not_allowed"),
        ({"allowed_paths": ("/v1/embeddings",)}, "path_not_allowed"),
        ({"allowed_dialects": ("anthropic.messages",)}, "path_not_allowed"),
    ],
)
def test_what_the_key_does_not_allow_is_refused(fields: dict[str, Any], code: str) -> None:
    runtime = plane()
    made = exchange(runtime)
    made.key = key_spec(**fields)

    with pytest.raises(GatewayError) as refused:
        confine(made, runtime)

    assert refused.value.problem.code == code
    assert is_confined(made.key)


@pytest.mark.parametrize(
    "fields",
    [
        {"allowed_paths": ("/v1/chat/completions",)},
        {"allowed_paths": ("/v1/*",)},
        {"allowed_dialects": ("openai.chat",)},
        {"allowed_ips": ("192.0.2.9",)},
    ],
)
def test_what_it_allows_passes(fields: dict[str, Any]) -> None:
    runtime = plane()
    made = exchange(runtime)
    made.key = key_spec(**fields)

    confine(made, runtime)


def test_an_ordinary_key_is_not_confined() -> None:
    assert not is_confined(key_spec())
