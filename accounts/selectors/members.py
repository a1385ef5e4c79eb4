"""Who is in a tenant and its teams."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from accounts.access import Access
from accounts.mfa import FACTORS
from accounts.models import ApiKey, Membership, Team, TeamMember
from accounts.selectors.authenticators import authenticators
from accounts.selectors.keys import MANAGED_KINDS


def members_of(*, access: Access) -> QuerySet[Membership]:
    """With `key_count`, `teams` and `mfa_enabled`."""
    tenant = access.the_tenant()
    own_keys = (
        ApiKey.objects.filter(tenant=tenant, owner_id=OuterRef("user_id"), kind__in=MANAGED_KINDS)
        .order_by()
        .values("owner_id")
        .annotate(count=Count("pk"))
        .values("count")
    )
    own_teams = (
        TeamMember.objects.filter(tenant=tenant, user_id=OuterRef("user_id"))
        .order_by("team__name")
        .values(json=JSONObject(id="team_id", name="team__name"))
    )
    factors = authenticators().filter(user_id=OuterRef("user_id"), type__in=FACTORS)
    rows: QuerySet[Membership] = Membership.objects.filter(tenant=tenant).select_related("user")
    return rows.annotate(
        key_count=Coalesce(Subquery(own_keys), 0),
        teams=ArraySubquery(own_teams),
        mfa_enabled=Exists(factors),
    )


def teams_of(*, access: Access) -> QuerySet[Team]:
    """All for who manages members or keys, else the ones the caller is in; with `member_count`."""
    rows: QuerySet[Team] = Team.objects.filter(tenant=access.the_tenant())
    if not access.holds("member.write", "key.create_any"):
        own = TeamMember.objects.filter(user=access.user_id).values("team_id")
        rows = rows.filter(id__in=own)
    return rows.select_related("parent").annotate(member_count=Count("members"))


def team_members_of(*, access: Access, team: Team) -> QuerySet[TeamMember]:
    rows: QuerySet[TeamMember] = TeamMember.objects.filter(tenant=access.the_tenant(), team=team)
    return rows.select_related("user")
