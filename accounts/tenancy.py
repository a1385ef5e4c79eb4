"""The first wall between tenants.

Rule 1: a tenant-owned row is read and written only inside a scope; outside of one every manager
raises.
Rule 2: a scope is a transaction; it binds the context for Python and `app.*` for row security, the
second wall, and unbinds both when it ends.
Rule 3: work across tenants says so with `platform_scope(reason)`; a test lists who may.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection, models, transaction

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class TenantNotSet(RuntimeError):
    """Tenant-owned rows were touched with no tenant bound."""


class CrossTenant(RuntimeError):
    """A write named a row of another tenant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    platform: str = ""


NOTHING_BOUND: Final = "no tenant is bound; open tenant_scope() first"
_binding: Final[ContextVar[Binding]] = ContextVar("tenant_binding", default=Binding())  # noqa: B039 - frozen


def current_binding() -> Binding:
    return _binding.get()


@contextmanager
def tenant_scope(*, tenant_id: UUID) -> Iterator[None]:
    with _scope(Binding(tenant_id=tenant_id)):
        yield


@contextmanager
def user_scope(*, user_id: UUID) -> Iterator[None]:
    """What one person may see of themselves across tenants: memberships, and invites to them."""
    with _scope(Binding(user_id=user_id)):
        yield


@contextmanager
def platform_scope(reason: str) -> Iterator[None]:
    if not reason:
        raise ValueError("platform_scope needs a reason")
    with _scope(Binding(platform=reason)):
        yield


@contextmanager
def _scope(binding: Binding) -> Iterator[None]:
    nested = connection.in_atomic_block
    with transaction.atomic():
        outer = _binding.get()
        token = _binding.set(binding)
        try:
            _tell_database(binding)
            yield
        finally:
            _binding.reset(token)
        # The settings end with their transaction; only a successful savepoint leaves them behind.
        if nested:
            _tell_database(outer)


def _tell_database(binding: Binding) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.tenant', %s, true), set_config('app.user', %s, true),"
            " set_config('app.platform', %s, true)",
            [
                str(binding.tenant_id or ""),
                str(binding.user_id or ""),
                "on" if binding.platform else "",
            ],
        )


class TenantQuerySet(models.QuerySet[Row_co]):
    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Row_co]:
        rows = list(objs)
        for row in rows:
            row.check_tenant()
        return super().bulk_create(rows, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        binding = current_binding()
        for name, value in kwargs.items():
            field = self.model._meta.get_field(name)  # noqa: SLF001 - Django's documented meta API
            target = field.related_model
            if name in {"tenant", "tenant_id"}:
                _refuse_foreign(getattr(value, "pk", value), binding=binding)
            elif isinstance(target, type) and issubclass(target, TenantOwned) and value is not None:
                _owned_row(target, getattr(value, "pk", value))
        return super().update(**kwargs)


class TenantManager(models.Manager[Row_co]):
    """Filters by the bound tenant; raises TenantNotSet when nothing is bound."""

    def get_queryset(self) -> TenantQuerySet[Row_co]:
        model: Any = self.model
        rows: TenantQuerySet[Row_co] = TenantQuerySet(model, using=self._db)
        binding = current_binding()
        if binding.platform:
            return rows
        if binding.tenant_id is not None:
            return rows.filter(tenant_id=binding.tenant_id)
        if binding.user_id is not None and model.visible_to_user is not None:
            return rows.filter(**{model.visible_to_user: binding.user_id})
        raise TenantNotSet(f"{model.__name__}: {NOTHING_BOUND}")


class TenantOwned(models.Model):
    """Base of every row that belongs to one tenant."""

    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.PROTECT, related_name="+")

    objects = TenantManager()

    # The lookup by which a signed-in person sees own rows with no tenant bound, if any.
    visible_to_user: str | None = None

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.check_tenant()
        super().save(*args, **kwargs)

    def check_tenant(self) -> None:
        """Raises CrossTenant unless the row and all it points to belong to the bound tenant."""
        binding = current_binding()
        if not binding.platform and binding.tenant_id is None:
            raise TenantNotSet(
                f"{type(self).__name__}: no tenant is bound; open tenant_scope() first"
            )
        _refuse_foreign(self.tenant_id, binding=binding)
        for field in self._meta.concrete_fields:
            pk = getattr(self, field.attname)
            target = field.related_model
            if pk is None or not isinstance(target, type) or not issubclass(target, TenantOwned):
                continue
            row = self._state.fields_cache.get(field.name) or _owned_row(target, pk)
            if row.tenant_id != self.tenant_id:
                raise CrossTenant(f"{type(self).__name__}.{field.name} belongs to another tenant")


class TenantOwnedOrPlatform(TenantOwned):
    """A tenant's row, or the platform's where `tenant` is empty."""

    # Wider than the base's, on purpose.
    tenant = models.ForeignKey(  # type: ignore[assignment]
        "accounts.Tenant", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(TenantOwned.Meta):
        abstract = True


def _refuse_foreign(tenant_id: UUID | None, *, binding: Binding) -> None:
    if not binding.platform and tenant_id != binding.tenant_id:
        raise CrossTenant("the row belongs to another tenant than the one bound")


def _owned_row(target: type[Any], pk: object) -> Any:
    row = target._base_manager.filter(pk=pk).first()  # noqa: SLF001 - related rows bypass custom managers
    if row is None:
        raise CrossTenant(f"{target.__name__} {pk} is not of the bound tenant")
    return row
