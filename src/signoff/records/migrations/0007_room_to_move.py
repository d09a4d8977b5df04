"""Rows that are written once and answered soon after leave room for that within their page."""

from django.db import migrations

# An entry of two legs, as nearly all are, is checked without calling a function for each row.
_SUM = """
ALTER TABLE records_journalentry DROP CONSTRAINT entry_sums_to_zero;
ALTER TABLE records_journalentry ADD CONSTRAINT entry_sums_to_zero CHECK (
    cardinality(minors) = cardinality(accounts) AND (
        cardinality(minors) = 2 AND minors[1] + minors[2] = 0
        OR cardinality(minors) > 2 AND signoff_sum(minors) = 0));
"""

_ROOM = """
ALTER TABLE records_case SET (fillfactor = 50);
ALTER TABLE records_carrierintent SET (fillfactor = 60);
ALTER TABLE records_paymentintent SET (fillfactor = 70);
ALTER TABLE records_notice SET (fillfactor = 80);
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0006_certificates_on_demand")]
    operations = [
        migrations.RunSQL(_SUM, migrations.RunSQL.noop),
        migrations.RunSQL(_ROOM, migrations.RunSQL.noop),
    ]
