"""What Django's schema cannot say: an entry sums to zero, and rows that move leave room to."""

from django.db import migrations

_SUM = """
CREATE FUNCTION signoff_sum(bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS 'SELECT coalesce(sum(minor), 0)::bigint FROM unnest($1) AS minor';
ALTER TABLE records_journalentry ADD CONSTRAINT entry_sums_to_zero
    CHECK (signoff_sum(minors) = 0 AND cardinality(minors) = cardinality(accounts)
           AND cardinality(minors) >= 2);
"""

# Room for updates within the page: a case moves several times, a due row is leased and cleared.
_ROOM = """
ALTER TABLE records_case SET (fillfactor = 70);
ALTER TABLE records_line SET (fillfactor = 80);
ALTER TABLE records_due SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01,
                             autovacuum_vacuum_cost_delay = 0);
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [
        migrations.RunSQL(_SUM, "DROP FUNCTION signoff_sum(bigint[]) CASCADE"),
        migrations.RunSQL(_ROOM, migrations.RunSQL.noop),
    ]
