from tests.accounts.conftest import browser, superadmin, town

__all__ = ["browser", "superadmin", "town"]
