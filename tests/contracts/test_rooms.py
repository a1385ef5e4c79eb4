"""Every app has the same rooms, and things are done in the room made for them."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.contracts.tree import PACKAGES, ROOT, files, shown, sources

# Who may see rows of all tenants, and for what. A new line here is a decision.
PLATFORM_SCOPE: Final = {
    "accounts/api/base.py",  # superadmins' paths
    "accounts/selectors/access.py",  # which tenant a superadmin works in
    "accounts/selectors/invites.py",  # an invitation is shown before its tenant is known
    "accounts/selectors/key_possession.py",  # a key is found before its tenant is known
    "billing/selectors/ledger.py",  # the books are verified for all
    "billing/selectors/receipts.py",  # a receipt shows prices of the platform
    "billing/services/windows.py",  # sums are made for all
    "billing/services/closed_days.py",  # windows go for all
    "billing/services/ledger.py",  # months are closed for all
    "accounts/services/anonymous.py",  # every installation has one anonymous key
    "gateway/ops/cost.py",  # the command line stands above tenants
    "gateway/ops/price_rows.py",  # the command line stands above tenants
    "gateway/ops/providers.py",  # the command line stands above tenants
    "providers/ownership.py",  # who runs the platform
    "providers/selectors/catalog.py",  # what an operator pays decides what a tenant is charged
    "providers/services/price_catalog.py",  # the vendors' lists are the platform's
    "providers/selectors/health.py",  # credentials of the platform are counted for all
    "providers/services/seeding.py",  # every installation has the mock provider
    "accounts/services/enrolment.py",  # an operator adds people
    "accounts/services/invites.py",  # an invitation is found before its tenant is known
    "accounts/services/preferences.py",  # a person belongs to no tenant
    "accounts/services/sessions.py",  # sessions belong to people
    "accounts/services/setup.py",  # nobody exists yet
    "accounts/services/tenants.py",  # superadmins only
    "accounts/services/upkeep.py",  # nightly work over all tenants
    "accounts/services/users.py",  # people belong to no tenant
    "accounts/sign_in_audit.py",  # nobody is signed in yet
    "gateway/console/admin_site.py",  # superadmins only
    "gateway/ops/users.py",  # the command line stands above tenants
    "gateway/publish.py",  # workers serve every tenant
    "routing/selectors.py",  # the platform's aliases hold for every tenant
    "providers/services/rounds.py",  # work over all tenants
    "providers/services/upkeep.py",  # work over all tenants
    "providers/services/vault.py",  # the platform's own data key
}
USER_SCOPE: Final = {
    "accounts/api/base.py",
    "accounts/selectors/access.py",
    "accounts/sessions.py",
    "accounts/sign_in_audit.py",
}


def apps() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path.parent for path in files(".py", below=package) if path.name == "apps.py")


def has_room(app: Path, name: str) -> bool:
    return (app / f"{name}.py").is_file() or (app / name / "__init__.py").is_file()


def callers(function: str) -> set[str]:
    return {
        shown(path)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == function
    }


@pytest.mark.parametrize("app", list(apps()), ids=shown)
def test_an_app_has_the_rooms_it_needs(app: Path) -> None:
    if has_room(app, "models"):
        assert has_room(app, "migrations")
        assert has_room(app, "services")
    if has_room(app, "api"):
        assert has_room(app, "api/urls")


def test_only_listed_modules_see_rows_of_all_tenants() -> None:
    assert callers("platform_scope") == PLATFORM_SCOPE


def test_only_listed_modules_act_as_a_person_without_a_tenant() -> None:
    assert callers("user_scope") == USER_SCOPE


def test_views_serializers_and_consumers_make_no_queries() -> None:
    offences = [
        f"{shown(path)}:{node.lineno}"
        for path in sources()
        if {"api", "live"} & set(path.relative_to(ROOT).parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_base_manager"}
    ]
    assert not offences


def test_every_folder_of_the_product_is_on_the_map() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = {shown(path.parent) for path in sources()}
    small_rooms = ("/api/", "/migrations", "/management", "/templates")
    missing = [
        folder
        for folder in folders
        if f"`{folder}/`" not in page and not any(room in f"{folder}/" for room in small_rooms)
    ]
    assert not missing
