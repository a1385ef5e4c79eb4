from accounts.models import User


def setup_required() -> bool:
    """Until the first superadmin exists."""
    return not User.objects.filter(is_superadmin=True).exists()
