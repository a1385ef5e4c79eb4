"""Virtual keys as text, and the peppers they are digested with."""

import hmac
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import keys
from accounts.models import PepperProbe
from accounts.peppers import digests_of
from accounts.services.peppers import BadPepper, check_pepper

PEPPER = "a-pepper-of-at-least-thirty-two-bytes"
OTHER = "another-pepper-of-thirty-two-bytes-or-more"
BASE62 = string.ascii_letters + string.digits
public_ids = st.text(string.ascii_lowercase + string.digits, min_size=12, max_size=12)
secrets = st.text(BASE62, min_size=43, max_size=43)
environments = st.sampled_from(["live", "test"])


def assembled(environment: str, public_id: str, secret: str) -> str:
    head = f"sy-{environment}-{public_id}-{secret}"
    return head + keys.checksum(head)


@given(environment=environments)
def test_a_minted_key_has_the_documented_form(environment: keys.Environment) -> None:
    minted = keys.mint(environment=environment)

    assert len(minted.value) == 70
    assert keys.PATTERN.fullmatch(minted.value)
    assert keys.public_id_of(minted.value) == minted.public_id
    assert minted.suffix == minted.value[-4:]
    assert minted.value not in repr(minted)


def test_a_rotation_keeps_the_public_id_and_nothing_else() -> None:
    first = keys.mint(environment="live")
    second = keys.mint(environment="live", public_id=first.public_id)

    assert second.public_id == first.public_id
    assert second.value != first.value


def test_no_two_keys_are_alike() -> None:
    assert len({keys.mint(environment="live").value for _ in range(1000)}) == 1000


@given(environment=environments, public_id=public_ids, secret=secrets)
def test_every_well_formed_key_is_read(environment: str, public_id: str, secret: str) -> None:
    assert keys.public_id_of(assembled(environment, public_id, secret)) == public_id


@given(
    environment=environments,
    public_id=public_ids,
    secret=secrets,
    place=st.integers(0, 69),
    other=st.sampled_from(BASE62 + "-_ é\n"),
)
def test_one_changed_character_is_noticed(
    environment: str, public_id: str, secret: str, place: int, other: str
) -> None:
    value = assembled(environment, public_id, secret)
    near = value[:place] + other + value[place + 1 :]

    assert (keys.public_id_of(near) is None) == (near != value)


@given(environment=environments, public_id=public_ids, secret=secrets, place=st.integers(0, 68))
def test_two_swapped_characters_are_noticed(
    environment: str, public_id: str, secret: str, place: int
) -> None:
    value = assembled(environment, public_id, secret)
    near = value[:place] + value[place + 1] + value[place] + value[place + 2 :]

    assert (keys.public_id_of(near) is None) == (near != value)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert keys.public_id_of(text) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: f" {value}",
        lambda value: f"{value}\n",
        lambda value: value[:-1],
        lambda value: f"{value}0",
        lambda value: value.upper(),
        lambda value: value.replace("sy-live", "sy-prod"),
        lambda value: value.replace("-", "_"),
    ],
)
def test_near_misses_are_refused_offline(spoil: Any) -> None:
    assert keys.public_id_of(spoil(keys.mint(environment="live").value)) is None


@given(number=st.text(BASE62))
def test_a_checksum_is_six_base62_digits(number: str) -> None:
    digits = keys.checksum(number)

    assert len(digits) == 6
    assert set(digits) <= set(BASE62)


def test_the_digest_is_hmac_sha256_under_the_pepper() -> None:
    assert keys.digest(value="v", pepper=PEPPER) == hmac.digest(PEPPER.encode(), b"v", "sha256")
    assert keys.digest(value="v", pepper=PEPPER) != keys.digest(value="v", pepper=OTHER)


def test_the_id_of_a_pepper_does_not_tell_it() -> None:
    assert len(keys.pepper_id(PEPPER)) == 16
    assert keys.pepper_id(PEPPER) != keys.pepper_id(OTHER)
    assert PEPPER[:8] not in keys.pepper_id(PEPPER)


# --- peppers --------------------------------------------------------------------------------------


def test_the_previous_pepper_still_finds_old_rows(settings: Any) -> None:
    settings.KEY_PEPPER, settings.KEY_PEPPER_PREVIOUS = OTHER, PEPPER

    assert digests_of("v") == {
        keys.pepper_id(OTHER): keys.digest(value="v", pepper=OTHER),
        keys.pepper_id(PEPPER): keys.digest(value="v", pepper=PEPPER),
    }


def test_the_first_start_writes_the_probe_and_the_next_one_finds_it(
    db: None, settings: Any
) -> None:
    settings.KEY_PEPPER = PEPPER
    PepperProbe.objects.all().delete()

    check_pepper()
    check_pepper()

    assert [row.pepper_id for row in PepperProbe.objects.all()] == [keys.pepper_id(PEPPER)]


@pytest.mark.parametrize("pepper", ["", "short"])
def test_a_missing_or_short_pepper_is_refused(db: None, settings: Any, pepper: str) -> None:
    settings.KEY_PEPPER = pepper

    with pytest.raises(BadPepper, match="32 bytes"):
        check_pepper()


def test_a_wrong_pepper_is_refused_until_the_old_one_is_given_too(db: None, settings: Any) -> None:
    PepperProbe.objects.all().delete()
    settings.KEY_PEPPER = PEPPER
    check_pepper()
    settings.KEY_PEPPER = OTHER

    with pytest.raises(BadPepper, match="not the pepper"):
        check_pepper()
    settings.KEY_PEPPER_PREVIOUS = PEPPER
    check_pepper()
    assert PepperProbe.objects.count() == 2


def test_an_altered_probe_is_noticed(db: None, settings: Any) -> None:
    PepperProbe.objects.all().delete()
    settings.KEY_PEPPER = PEPPER
    check_pepper()
    PepperProbe.objects.update(digest=b"x" * 32)

    with pytest.raises(BadPepper, match="altered"):
        check_pepper()
