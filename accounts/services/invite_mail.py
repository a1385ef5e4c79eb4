"""The one mail an invitation sends, in the tenant's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.mail import send_mail

from accounts.models import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    subject: str
    body: str


LETTERS: Final[Mapping[str, Letter]] = {
    "en": Letter(
        subject="Invitation to {tenant}",
        body=(
            "{sender} invites you to {tenant} on Switchyard.\n\n"
            "Open this link within 7 days to join:\n\n{url}\n\n"
            "If you did not expect this, ignore it.\n"
        ),
    ),
    "zh": Letter(
        subject="邀请您加入 {tenant}",
        body=(
            "{sender} 邀请您加入 Switchyard 上的 {tenant}。\n\n"
            "请在 7 天内打开以下链接加入：\n\n{url}\n\n"
            "如果您并未预期收到此邮件，请忽略。\n"
        ),
    ),
}


def send_invite_mail(*, email: str, tenant: Tenant, sender: str, url: str) -> None:
    letter = LETTERS["zh" if tenant.locale.lower().startswith("zh") else "en"]
    facts = {"tenant": " ".join(tenant.name.split()), "sender": sender, "url": url}
    send_mail(
        subject=letter.subject.format(**facts),
        message=letter.body.format(**facts),
        from_email=settings.DEFAULT_FROM_EMAIL,
        recipient_list=[email],
    )
