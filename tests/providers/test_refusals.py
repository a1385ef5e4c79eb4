"""Who tries an address that may not be called is told of in the audit."""

import pytest

from tests.accounts.world import Town, make_town
from tests.providers.test_api_providers import MINIMAL, audit_rows, created, refused

HOSTILE = "https://169.254.169.254/latest"


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def test_an_address_refused_at_save_is_in_the_audit(town: Town) -> None:
    assert set(refused(town, base_url=HOSTILE)) == {"base_url"}
    (entry,) = audit_rows("provider.address_refused")
    assert entry.tenant_id == town.tenant.id
    assert entry.after is not None
    assert "metadata service" in entry.after["base_url"]


def test_an_address_refused_later_names_its_provider(town: Town) -> None:
    made = created(town)
    api = town.api("owner")
    assert api.patch(f"providers/{made['id']}", {"base_url": HOSTILE}).status_code == 400
    (entry,) = audit_rows("provider.address_refused")
    assert entry.object_id == made["id"]


def test_an_address_refused_at_a_test_is_in_the_audit(town: Town) -> None:
    form = {"kind": MINIMAL["kind"], "base_url": HOSTILE}
    assert town.api("owner").post("providers/test", form).status_code == 400
    assert len(audit_rows("provider.address_refused")) == 1


def test_what_is_merely_wrong_is_no_attack(town: Town) -> None:
    refused(town, base_url="https://api.acme.test/v1?x=1", slug="Bad Slug")
    assert not audit_rows("provider.address_refused")
