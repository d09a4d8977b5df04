"""What an earlier release left owed goes on under the steps there are now (decisions 15 and 16).

`verify` read a line back after its cut: `cut` does that itself, and sends nothing to a line that is
confirmed cut. `certify` put a certificate's file together: what is left of it is the signature.
"""

from django.db import migrations

# Where the cut is owed or parked as well, that is enough.
_CUT = """
DELETE FROM records_due v WHERE v.step = 'verify' AND EXISTS (
    SELECT 1 FROM records_due c WHERE c.subject = v.subject AND c.step = 'cut');
UPDATE records_due SET step = 'cut', lease_until = NULL, attempts = 0 WHERE step = 'verify';

UPDATE records_attention v SET resolved_at = now()
WHERE v.step = 'verify' AND v.resolved_at IS NULL AND EXISTS (
    SELECT 1 FROM records_attention c
    WHERE c.subject = v.subject AND c.step = 'cut' AND c.resolved_at IS NULL);
UPDATE records_attention SET step = 'cut' WHERE step = 'verify';
"""

# The rows of a run that is reported are as they were signed.
_WHY = """
UPDATE records_sunsetline s SET why = 'cut' || substr(s.why, length('verify') + 1)
FROM records_sunset r
WHERE r.report IS NULL AND s.id BETWEEN r.number::bigint << 32 AND (r.number + 1::bigint << 32) - 1
AND s.code = 'failed' AND s.why LIKE 'verify:%';
"""

# Those a person was asked to look at wait for that person still.
_SIGN = """
DELETE FROM records_due d WHERE d.step = 'certify' AND NOT EXISTS (
    SELECT 1 FROM records_certificate e WHERE e.case_id = d.subject AND e.signature = '');
INSERT INTO records_due (subject, step, lane, due_at, attempts)
SELECT c.id, 'certify', c.lane, now(), 0
FROM records_certificate e JOIN records_case c ON c.id = e.case_id
WHERE e.signature = '' AND NOT EXISTS (
    SELECT 1 FROM records_attention a
    WHERE a.subject = c.id AND a.step = 'certify' AND a.resolved_at IS NULL)
ON CONFLICT (subject, step) DO UPDATE SET due_at = now(), lease_until = NULL, attempts = 0;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0014_text_messages")]
    operations = [migrations.RunSQL([_CUT, _WHY, _SIGN], migrations.RunSQL.noop)]
