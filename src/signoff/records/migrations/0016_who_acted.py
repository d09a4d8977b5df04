"""Who did what about a sunset, and when: rows that are only ever added."""

from django.conf import settings
from django.db import migrations, models

_ONLY_ADDED = """
CREATE FUNCTION signoff_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME; END $$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON records_sunsetact
    FOR EACH ROW EXECUTE FUNCTION signoff_only_added();
"""

_BACK = """
DROP TRIGGER only_added ON records_sunsetact;
DROP FUNCTION signoff_only_added();
"""

# Of runs made before, who confirmed is known and nothing else.
_CONFIRMED = """
INSERT INTO records_sunsetact (sunset_id, act, at, by_id, lines, step, code)
SELECT id, 'confirm', at, by, lines, '', '' FROM (
    SELECT id, first_at AS at, first_by_id AS by, lines FROM records_sunset
    UNION ALL SELECT id, second_at, second_by_id, lines FROM records_sunset) AS c
WHERE by IS NOT NULL AND at IS NOT NULL ORDER BY at
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0015_steps_that_are_gone")]
    operations = [
        migrations.CreateModel(
            name="SunsetAct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("act", models.CharField(max_length=10)),
                ("at", models.DateTimeField()),
                ("lines", models.IntegerField(null=True)),
                ("step", models.CharField(blank=True, default="", max_length=24)),
                ("code", models.CharField(blank=True, default="", max_length=80)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sunset",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="acts", to="records.sunset"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_CONFIRMED, migrations.RunSQL.noop),
        migrations.RunSQL(_ONLY_ADDED, _BACK),
    ]
