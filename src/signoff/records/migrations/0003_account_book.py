"""What an import needs to be idempotent: what was imported last, and a call's id at its source."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0002_sums_and_storage")]
    operations = [
        migrations.AddField("account", "imported", models.BinaryField(null=True)),
        migrations.AddField("line", "imported", models.BinaryField(null=True)),
        migrations.AddField(
            "usagerecord",
            "external_id",
            models.CharField(default="", max_length=80),
            preserve_default=False,
        ),
        # Records that came before they had an id are told apart by their own.
        migrations.RunSQL(
            "UPDATE records_usagerecord SET external_id = id::text WHERE external_id = ''",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            "usagerecord",
            "line",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="records",
                to="records.line",
            ),
        ),
        migrations.AddConstraint(
            "usagerecord",
            models.UniqueConstraint(fields=("line", "external_id"), name="one_record_per_line"),
        ),
    ]
