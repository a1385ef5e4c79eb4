from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.errors import FieldProblem, Invalid
from accounts.models import User


def require_good_password(password: str, *, user: User) -> None:
    """Raises Invalid naming every rule that the password breaks."""
    try:
        validate_password(password, user=user)
    except ValidationError as broken:
        raise Invalid(
            FieldProblem(field="password", code=rule.code or "invalid", message=rule.messages[0])
            for rule in broken.error_list
        ) from None
