"""What every editable row carries."""

from typing import Any

from django.db import models

from accounts.ids import new_id


class Editable(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        "accounts.User",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    # Fields that audit rows and API answers show only as changed, never by value.
    secret_fields: frozenset[str] = frozenset()
    # Stamps whose change is no edit: they leave version and updated_at alone.
    stamp_fields: frozenset[str] = frozenset()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Counts the version up on every change, so that it can serve as the ETag."""
        named = kwargs.get("update_fields")
        only_stamps = named is not None and self.stamp_fields.issuperset(named)
        if not self._state.adding and not only_stamps:
            self.version += 1
            if named is not None:
                kwargs["update_fields"] = {*named, "version", "updated_at"}
        super().save(*args, **kwargs)
