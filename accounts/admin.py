"""Django admin for superadmins: a way to look at everything and to repair, beside the console.

Rule 1: every save goes through the service that the API uses, with its audit row.
Rule 2: nothing is deleted here, and what is secret is neither shown nor asked for.
Rule 3: lists never count a whole table.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from accounts import audit, mfa
from accounts.access import Access, superadmin_access
from accounts.actors import Actor
from accounts.callers import user_actor
from accounts.errors import Refused
from accounts.models import ApiKey, AuditEntry, Invite, Membership, Team, Tenant, User
from accounts.services import invites, keys, members, teams, tenants, users

if TYPE_CHECKING:
    from django.forms import ModelForm

    RowAdmin = admin.ModelAdmin[Any]
    Pages = Paginator[Any]
else:
    # Generic in the stubs only.
    RowAdmin, Pages = admin.ModelAdmin, Paginator

SHOWN_ONCE: Final = "shown_once"
PAGE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")

# Their pages would show sealed secrets, or offer what nothing here uses.
for hidden in (Authenticator, EmailAddress, Group, UserSession):
    admin.site.unregister(hidden)


class OpenEndedPaginator(Pages):
    """Knows whether there is a next page, and asks for no more."""

    def __init__(self, *args: Any, page_number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page_number = page_number

    @cached_property
    def count(self) -> int:
        start = (self.page_number - 1) * self.per_page
        rows = cast("QuerySet[Any]", self.object_list)
        return start + len(rows.values_list("pk")[start : start + self.per_page + 1])


class ServiceAdmin(RowAdmin):
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    # Fixed once a row exists.
    fixed_fields: tuple[str, ...] = ()

    def create(self, *, actor: Actor, access: Access, fields: Mapping[str, Any]) -> tuple[Any, str]:
        """The new row, and what to show once about it, if anything."""
        raise NotImplementedError

    def change(self, row: Any, *, actor: Actor, access: Access, changes: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    def access_to(self, row: Any, *, user: User) -> Access:
        tenant = row if isinstance(row, Tenant) else getattr(row, "tenant", None)
        return superadmin_access(tenant=tenant, user_id=user.pk)

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: Any,
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,  # noqa: FBT001, FBT002 - Django's signature
    ) -> OpenEndedPaginator:
        given = PAGE_NUMBER.fullmatch(request.GET.get("p", ""))
        return OpenEndedPaginator(
            queryset,
            per_page,
            orphans,
            allow_empty_first_page,
            page_number=int(given[0]) if given else 1,
        )

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, _request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        shown = tuple(str(name) for name in self.readonly_fields)
        return shown + self.fixed_fields if obj else shown

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return fields if obj else [name for name in fields if name not in self.readonly_fields]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as refused:
            messages.error(request, refused.detail)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(
        self,
        request: HttpRequest,
        obj: Any,
        form: "ModelForm[Any]",
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        user = cast("User", request.user)
        actor, access = user_actor(request, user=user), self.access_to(obj, user=user)
        given = {name: form.cleaned_data[name] for name in form.changed_data}
        if change:
            saved = self.change(obj, actor=actor, access=access, changes=given)
        else:
            saved, obj.__dict__[SHOWN_ONCE] = self.create(actor=actor, access=access, fields=given)
        obj.__dict__.update(saved.__dict__)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """A secret is told in this very answer: a message for the next page would be stored."""
        text = obj.__dict__.pop(SHOWN_ONCE)
        if not text:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, text)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Added: {obj}",
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/shown_once.html", context)


class NoCreation:
    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False


class ReadOnly(NoCreation):
    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


@admin.register(Tenant)
class TenantAdmin(ServiceAdmin):
    list_display = ("slug", "name", "status", "mfa_policy", "created_at")
    list_filter = ("status", "mfa_policy")
    search_fields = ("slug", "name")
    ordering = ("slug",)
    fields = (
        *("slug", "name", "status", "reporting_tz", "week_start", "locale", "currency"),
        *("mfa_policy", "session_hours", "markup_bp", "charge_on_disconnect", "charge_on_empty"),
        *(
            "unpriced_policy",
            "vault",
            "foreign_reasoning",
            "tag_keys",
            "first_request_at",
            "created_at",
            "updated_at",
        ),
    )
    readonly_fields = ("first_request_at", "created_at", "updated_at")
    fixed_fields = ("slug",)

    def create(
        self, *, actor: Actor, access: Access, fields: Mapping[str, Any]
    ) -> tuple[Tenant, str]:
        del access
        return tenants.create_tenant(actor=actor, fields=fields), ""

    def change(
        self, row: Tenant, *, actor: Actor, access: Access, changes: Mapping[str, Any]
    ) -> Tenant:
        del access
        return tenants.update_tenant(actor=actor, tenant_id=row.pk, changes=changes)


@admin.register(Team)
class TeamAdmin(ServiceAdmin):
    list_display = ("name", "tenant", "parent", "created_at")
    list_filter = (("tenant", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("tenant", "parent")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("tenant", "name", "parent", "allowed_models")
    raw_id_fields = ("tenant", "parent")
    fixed_fields = ("tenant",)

    def create(
        self, *, actor: Actor, access: Access, fields: Mapping[str, Any]
    ) -> tuple[Team, str]:
        given = _ids(fields, without="tenant")
        return teams.create_team(actor=actor, access=access, fields=given), ""

    def change(
        self, row: Team, *, actor: Actor, access: Access, changes: Mapping[str, Any]
    ) -> Team:
        return teams.update_team(actor=actor, access=access, team_id=row.pk, changes=_ids(changes))


@admin.register(User)
class UserAdmin(NoCreation, ServiceAdmin):
    list_display = ("email", "display_name", "is_active", "is_superadmin", "last_login")
    list_filter = ("is_active", "is_superadmin")
    search_fields = ("email", "display_name")
    ordering = ("email",)
    fields = (
        *("email", "display_name", "is_active", "is_superadmin", "second_factor"),
        *("locale", "tz", "last_login", "created_at"),
    )
    readonly_fields = (
        *("email", "is_superadmin", "second_factor", "locale", "tz", "last_login"),
        "created_at",
    )

    @admin.display(boolean=True)
    def second_factor(self, row: User) -> bool:
        return mfa.is_enrolled(user_id=row.pk)

    def change(
        self, row: User, *, actor: Actor, access: Access, changes: Mapping[str, Any]
    ) -> User:
        del access
        return users.update_user(actor=actor, user_id=row.pk, changes=changes)


@admin.register(Membership)
class MembershipAdmin(NoCreation, ServiceAdmin):
    list_display = ("user", "tenant", "role", "status", "created_at")
    list_filter = ("role", "status", ("tenant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "tenant")
    search_fields = ("user__email",)
    ordering = ("-id",)
    fields = ("tenant", "user", "role", "status", "created_at")
    readonly_fields = ("tenant", "user", "created_at")

    def change(
        self, row: Membership, *, actor: Actor, access: Access, changes: Mapping[str, Any]
    ) -> Membership:
        return members.update_member(actor=actor, access=access, member_id=row.pk, changes=changes)


@admin.register(Invite)
class InviteAdmin(ServiceAdmin):
    list_display = ("email", "tenant", "role", "status", "expires_at")
    list_filter = ("status", "role", ("tenant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("tenant",)
    search_fields = ("email",)
    ordering = ("-id",)
    fields = ("tenant", "email", "role", "team", "status", "expires_at", "accepted_at")
    raw_id_fields = ("tenant", "team")
    readonly_fields = ("status", "expires_at", "accepted_at")

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def create(
        self, *, actor: Actor, access: Access, fields: Mapping[str, Any]
    ) -> tuple[Invite, str]:
        given = _ids(fields, without="tenant")
        sent = invites.create_invite(
            actor=actor,
            access=access,
            email=given["email"],
            role=given["role"],
            team_id=given.get("team"),
        )
        return sent.invite, f"Invitation link, shown once: {sent.link}" if sent.link else ""


@admin.register(ApiKey)
class ApiKeyAdmin(ServiceAdmin):
    list_display = ("name", "masked", "tenant", "owner", "kind", "environment", "status")
    list_filter = ("status", "kind", "environment", ("tenant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("tenant", "owner")
    search_fields = ("name", "public_id", "owner__email")
    ordering = ("-id",)
    fields = (
        *("tenant", "masked", "name", "description", "kind", "environment", "status"),
        *("owner", "team", "scopes", "tags", "allowed_models", "denied_models"),
        *("allowed_dialects", "allowed_paths", "allowed_ips", "denied_ips", "expires_at"),
        *("requests_per_minute", "tokens_per_minute", "max_concurrency", "quota"),
        *("monthly_budget", "max_cost_per_request", "fidelity", "byok_allowed"),
        *("dearer_fallback", "restrict_served", "priority", "last_used_at", "created_at"),
    )
    raw_id_fields = ("tenant", "owner", "team")
    readonly_fields = ("masked", "status", "last_used_at", "created_at")
    fixed_fields = ("tenant", "kind", "environment")

    @admin.display(description="key")
    def masked(self, row: ApiKey) -> str:
        return f"sy-{row.environment}-{row.public_id}-…"

    def create(
        self, *, actor: Actor, access: Access, fields: Mapping[str, Any]
    ) -> tuple[ApiKey, str]:
        issued = keys.issue_key(actor=actor, access=access, fields=_ids(fields, without="tenant"))
        return issued.key, f"The key, shown once: {issued.value}"

    def change(
        self, row: ApiKey, *, actor: Actor, access: Access, changes: Mapping[str, Any]
    ) -> ApiKey:
        return keys.update_key(
            actor=actor, access=access, key_id=f"key_{row.public_id}", changes=_ids(changes)
        )


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, ServiceAdmin):
    list_display = ("at", "action", "object_label", "actor_type", "actor_label", "ip", "tenant")
    list_filter = ("actor_type", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("=action", "=object_id", "=actor_label")
    ordering = ("-at", "-id")
    fields = (
        *("at", "chain", "seq", "action", "object_type", "object_id", "object_label", "before"),
        *("after", "reason", "actor_type", "actor_id", "actor_label", "ip", "user_agent"),
        *("request_id", "hash_hex"),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        _tell_reading(request)
        return super().changelist_view(request, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        _tell_reading(request, object_id=object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    @admin.display(description="hash")
    def hash_hex(self, row: AuditEntry) -> str:
        return bytes(row.hash).hex()


def _tell_reading(request: HttpRequest, *, object_id: str = "") -> None:
    """Reading the audit is told too, in the platform's chain: these pages show every tenant's."""
    query = request.GET.urlencode()
    audit.record(
        actor=user_actor(request, user=cast("User", request.user)),
        action="audit.read",
        target=audit.Target(type="audit", id=object_id[:64]),
        tenant_id=None,
        after={"filters": query} if query else None,
    )


def _ids(fields: Mapping[str, Any], *, without: str = "") -> dict[str, Any]:
    """Services take the ids of what a row points to."""
    return {
        name: value.pk if isinstance(value, Model) else value
        for name, value in fields.items()
        if name != without
    }
