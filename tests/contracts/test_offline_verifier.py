"""The verifier that ships in the docs agrees with the chain as the product writes it."""

import importlib.util
from types import FunctionType
from typing import Any, Final

import msgspec
import pytest

from accounts import audit
from accounts.actors import Actor
from accounts.api.audit_export import Export, json_form
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform_scope, tenant_scope
from tests.contracts.tree import ROOT

ROWS: Final = 5


def verifier() -> FunctionType:
    path = ROOT / "docs" / "how-to" / "verify_audit_export.py"
    spec = importlib.util.spec_from_file_location("verify_audit_export", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: FunctionType = module.first_fault
    return found


@pytest.fixture
def export(db: None) -> dict[str, Any]:
    with platform_scope("a chain to verify"):
        tenant = Tenant.objects.get(slug="default")
        for number in range(ROWS):
            audit.record(
                actor=Actor(type="cli", id="", label="李雷 \u2028 \x7f"),
                action="key.update",
                target=audit.Target(
                    type="key", id=f"key_{number}", label='quote " slash / back \\'
                ),
                tenant_id=tenant.id,
                before={"tags": ["ä", "b"], "quota": None},
                after={"tags": [], "quota": 10**15, "byok_allowed": True, "budget": "1.000000000"},
            )
    with tenant_scope(tenant_id=tenant.id):
        head = audit.signed_head(chain=str(tenant.id))
    form = json_form(head)
    text = "".join(Export(tenant_id=tenant.id, rows=AuditEntry.objects.all, form=form).chunks())
    return msgspec.json.decode(text, type=dict[str, Any])


def test_an_export_of_an_untouched_chain_verifies(export: dict[str, Any]) -> None:
    assert len(export["data"]) >= ROWS
    assert verifier()(export) == ""


@pytest.mark.parametrize(
    "field", ["at", "actor_label", "action", "object_id", "before", "after", "reason"]
)
def test_a_changed_field_names_its_row(export: dict[str, Any], field: str) -> None:
    export["data"][2][field] = "forged"
    assert verifier()(export) == f"row {export['data'][2]['seq']} was changed"


def test_a_missing_row_is_named(export: dict[str, Any]) -> None:
    del export["data"][1]
    assert verifier()(export).startswith("row 2 is missing")


def test_a_cut_off_end_disagrees_with_the_head(export: dict[str, Any]) -> None:
    export["data"].pop()
    assert verifier()(export).startswith("the chain ends at")


def test_a_row_hashed_again_breaks_the_link_to_the_next(export: dict[str, Any]) -> None:
    find, row = verifier(), export["data"][1]
    row["reason"] = "forged"
    row["hash"] = find.__globals__["row_hash"](row)
    assert find(export) == "row 3 does not follow the row before it"


def test_the_verifier_stays_short_enough_to_be_read() -> None:
    path = ROOT / "docs" / "how-to" / "verify_audit_export.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 50
