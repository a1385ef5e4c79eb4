"""Fields of keys as they are stored, whoever sets them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Invalid
from accounts.models import Tenant
from accounts.services.key_fields import checked_fields, checked_scopes, expiry

TENANT = Tenant(slug="x", name="x", reporting_tz="America/New_York")
zones = st.sampled_from(sorted(available_timezones()))
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1))


@given(day=days, zone=zones)
def test_a_date_means_the_last_instant_of_that_day_in_any_zone(day: date, zone: str) -> None:
    ends_at = expiry(day.isoformat(), reporting_tz=zone)

    assert ends_at is not None
    here = ends_at.astimezone(ZoneInfo(zone))
    assert (here.date(), here.timetz().replace(tzinfo=None).isoformat()) == (day, "23:59:59.999999")
    just_after = (ends_at.astimezone(UTC) + timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
    assert just_after.date() > day or just_after.fold > here.fold


@given(moment=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_moment_stays_that_moment(moment: datetime) -> None:
    at = moment.replace(tzinfo=UTC)

    assert expiry(at.isoformat(), reporting_tz="Asia/Shanghai") == at
    assert expiry(at, reporting_tz="Asia/Shanghai") == at
    assert expiry(moment, reporting_tz="Asia/Shanghai") == at


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_expiry_is_none(nothing: str | None) -> None:
    assert expiry(nothing, reporting_tz="UTC") is None


def test_networks_are_stored_in_one_spelling_and_once() -> None:
    given_ips = ["10.1.2.3/8", " 10.0.0.0/8", "192.0.2.1", "FD00::1/8", "2001:db8::1"]

    stored = checked_fields({"allowed_ips": given_ips}, tenant=TENANT)

    assert stored["allowed_ips"] == ["10.0.0.0/8", "192.0.2.1/32", "fd00::/8", "2001:db8::1/128"]


def test_an_ipv4_network_in_ipv6_clothes_is_an_ipv4_network() -> None:
    """Callers are seen as IPv4 too, so the other spelling would deny nobody."""
    stored = checked_fields(
        {"denied_ips": ["::ffff:192.0.2.1", "::ffff:10.1.2.3/104"]}, tenant=TENANT
    )

    assert stored["denied_ips"] == ["192.0.2.1/32", "10.0.0.0/8"]


@pytest.mark.parametrize(
    ("value", "zone"),
    [
        ("9999-12-31T23:00:00-01:00", "UTC"),
        ("0001-01-01T00:00:00+01:00", "UTC"),
        (date.max, "America/New_York"),
    ],
)
def test_an_expiry_outside_of_the_calendar_is_refused(value: str | date, zone: str) -> None:
    with pytest.raises(Invalid, match="expires_at: lies outside"):
        expiry(value, reporting_tz=zone)


def test_the_last_day_of_the_calendar_is_an_expiry() -> None:
    assert expiry(date.max, reporting_tz="Asia/Shanghai") is not None


def test_tags_are_trimmed_and_kept_once_in_order() -> None:
    stored = checked_fields({"tags": [" b", "a", "b ", "", "a"]}, tenant=TENANT)

    assert stored["tags"] == ["b", "a"]


def test_more_than_a_hundred_networks_are_refused() -> None:
    with pytest.raises(Invalid, match="at most 100"):
        checked_fields({"denied_ips": [f"10.0.{n}.0/24" for n in range(101)]}, tenant=TENANT)


@pytest.mark.parametrize("name", ["", "k" * 65, "a\0b"])
def test_a_name_of_a_pair_is_checked(name: str) -> None:
    with pytest.raises(Invalid, match="names of pairs"):
        checked_fields({"metadata": {name: "v"}}, tenant=TENANT)


def test_scopes_are_those_of_the_kind() -> None:
    assert checked_scopes(["mcp", "mcp", "batch"], kind="client") == ["mcp", "batch"]
    with pytest.raises(Invalid, match="no scope of a client key"):
        checked_scopes(["member.write"], kind="client")
    with pytest.raises(Invalid, match="no scope of a session key"):
        checked_scopes(["inference"], kind="session")


def test_fields_without_a_rule_pass() -> None:
    assert checked_fields({"name": "x", "quota": 3}, tenant=TENANT) == {"name": "x", "quota": 3}
