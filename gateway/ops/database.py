"""What the runtime login may do with the tables.

Law: it reads and writes rows, owns nothing, may not change append-only tables, only reads views,
and never gets a grant on a partition, which would bypass the parent's row security.
"""

from typing import Final, LiteralString

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import sql

ROW_GRANTS: Final[LiteralString] = "SELECT, INSERT, UPDATE, DELETE"
TABLES: Final = """
SELECT c.relname, c.relkind = 'v',
       EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'append_only_rows')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
  AND pg_get_userbyid(c.relowner) = current_user
ORDER BY 1
"""
BOOKKEEPING: Final = "django_migrations"


def apply_grants(*, using: str) -> None:
    """Gives the runtime login its rights on every table of the migrating login; safe to repeat."""
    runtime = connections[DEFAULT_DB_ALIAS].settings_dict["USER"]
    connection = connections[using]
    if runtime == connection.settings_dict["USER"]:
        return
    grantee = sql.Identifier(runtime)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(grantee))
        cursor.execute(TABLES)
        for table, is_view, append_only in cursor.fetchall():
            rights = sql.SQL("SELECT" if is_view else _rights(table, append_only=append_only))
            name = sql.Identifier(table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, grantee))
            cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(rights, name, grantee))
        cursor.execute(
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(grantee)
        )


def _rights(table: str, *, append_only: bool) -> LiteralString:
    if table == BOOKKEEPING:
        return "SELECT"
    return "SELECT, INSERT" if append_only else ROW_GRANTS


def grant_after_migrate(*, using: str, **_: object) -> None:
    """Receiver of post_migrate."""
    apply_grants(using=using)
