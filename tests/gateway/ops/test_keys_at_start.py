"""A process that could not read what is stored refuses to start and names the key."""

import base64
from typing import Any

import pytest

from gateway.ops.keys_at_start import require_keys
from gateway.ops.outcome import CommandFailed, Exit

OTHER_KEK = base64.b64encode(b"o" * 32).decode()


def test_the_keys_of_the_first_start_fit_every_later_one(db: None) -> None:
    require_keys()
    require_keys()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("KEY_ENCRYPTION_KEY", OTHER_KEK, "SWITCHYARD_KEK: key [0-9a-f]{16} is needed"),
        ("KEY_ENCRYPTION_KEY", "", "SWITCHYARD_KEK is missing"),
        ("KEY_ENCRYPTION_KEY", "c2hvcnQ=", "SWITCHYARD_KEK: expected 32 bytes"),
        ("KEY_PEPPER", "another-pepper-of-thirty-two-characters", "SWITCHYARD_KEY_PEPPER is not"),
        ("KEY_PEPPER", "", "SWITCHYARD_KEY_PEPPER is missing"),
    ],
)
def test_a_wrong_or_missing_key_is_named(
    db: None, settings: Any, name: str, value: str, says: str
) -> None:
    require_keys()
    setattr(settings, name, value)

    with pytest.raises(CommandFailed, match=says) as refused:
        require_keys()

    assert refused.value.status == Exit.USAGE
