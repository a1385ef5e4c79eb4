"""Providers whose probes fail are asked last, and come back by themselves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tenancy import platform_scope
from providers.compile import compile_provider
from providers.models import Provider
from providers.services.rotation import settle_rotation
from tests.factories.providers import CredentialFactory, HealthCheckFactory, ProviderFactory

pytestmark = pytest.mark.usefixtures("db")


def probed(outcomes: tuple[bool, ...]) -> Provider:
    """Oldest first."""
    row: Provider = ProviderFactory()
    CredentialFactory(provider=row)
    now = timezone.now()
    for age, ok in enumerate(reversed(outcomes)):
        HealthCheckFactory(provider=row, ok=ok, at=now - timedelta(minutes=age))
    settle_rotation([row.pk])
    return Provider.objects.get(pk=row.pk)


@pytest.mark.parametrize(
    ("outcomes", "last"),
    [
        ((True, False, False), False),
        ((False, False, False), True),
        ((False, False, False, True), True),
        ((False, False, False, True, True), False),
    ],
)
def test_three_bad_probes_put_a_provider_last_and_two_good_ones_back(
    outcomes: tuple[bool, ...], *, last: bool
) -> None:
    with platform_scope("test"):
        row = probed(outcomes)

        assert row.asked_last is last
        assert compile_provider(row).asked_last is last


def test_a_client_that_was_served_brings_it_back() -> None:
    with platform_scope("test"):
        row = probed((False,) * 3)
        row.credentials.update(last_ok_at=timezone.now() + timedelta(seconds=1))

        settle_rotation([row.pk])

        assert not Provider.objects.get(pk=row.pk).asked_last


def test_it_is_a_stamp_and_no_edit() -> None:
    with platform_scope("test"):
        before: Provider = ProviderFactory()
        CredentialFactory(provider=before)
        for _ in range(3):
            HealthCheckFactory(provider=before, ok=False)
        settle_rotation([before.pk])
        after = Provider.objects.get(pk=before.pk)

    assert after.asked_last
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
