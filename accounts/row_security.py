"""The second wall: SQL of row-level security, for migrations.

Rule 1: ENABLE and FORCE, so that the owning login is bound too.
Rule 2: USING and WITH CHECK compare with `app.tenant`; NULLIF, because the setting reads '' after
the transaction that set it.
Rule 3: `app.platform` opens everything; only `platform_scope` sets it.
"""

from typing import Any, Final, TypeAlias

from django.db import migrations

BOUND_TENANT: Final = "NULLIF(current_setting('app.tenant', true), '')::uuid"
BOUND_USER: Final = "NULLIF(current_setting('app.user', true), '')::uuid"
Statements: TypeAlias = list[str | tuple[str, Any]]
PLATFORM: Final = "current_setting('app.platform', true) = 'on'"


def protect(
    table: str, *, own: str = f"tenant_id = {BOUND_TENANT}", readable: str = ""
) -> migrations.RunSQL:
    """Row security of one table; `readable` adds rows that may be seen but not written."""
    rule = f"{own} OR {PLATFORM}"
    forward: Statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant_wall ON {table} USING ({rule}) WITH CHECK ({rule})",
    ]
    backward: Statements = [
        f"DROP POLICY tenant_wall ON {table}",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]
    if readable:
        forward.append(f"CREATE POLICY readable ON {table} FOR SELECT USING ({readable})")
        backward.insert(0, f"DROP POLICY readable ON {table}")
    return migrations.RunSQL(forward, backward)


REFUSE_CHANGE: Final = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$
"""
ON_EACH_ROW: Final = """
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_change()
"""
ON_TRUNCATE: Final = """
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def append_only(table: str) -> migrations.RunSQL:
    """UPDATE, DELETE and TRUNCATE raise 42501 for every login, superusers included."""
    return migrations.RunSQL(
        [REFUSE_CHANGE, ON_EACH_ROW.format(table=table), ON_TRUNCATE.format(table=table)],
        [
            f"DROP TRIGGER append_only_table ON {table}",
            f"DROP TRIGGER append_only_rows ON {table}",
        ],
    )
