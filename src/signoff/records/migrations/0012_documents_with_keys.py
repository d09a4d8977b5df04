"""A document's key stands beside its row, its bytes elsewhere: dropping the key shreds it."""

from django.db import migrations, models
from django.db.models import F


def _bytes_under_their_own_name(apps: object, schema_editor: object) -> None:
    document = apps.get_model("records", "Document")  # type: ignore[attr-defined]
    document.objects.update(object_id=F("id"))


class Migration(migrations.Migration):
    dependencies = [("records", "0011_getting_in")]

    operations = [
        migrations.AddField("document", "pages", models.IntegerField(default=0)),
        migrations.AddField("document", "object_id", models.UUIDField(null=True)),
        migrations.RunPython(_bytes_under_their_own_name, migrations.RunPython.noop),
        migrations.AddField("document", "sealed_key", models.BinaryField(null=True)),
        migrations.AddField("document", "checking", models.BooleanField(default=False)),
        migrations.AddField("document", "scanned_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "document", "scanner", models.CharField(blank=True, default="", max_length=80)
        ),
        migrations.AddField(
            "document", "shredded_for", models.CharField(blank=True, default="", max_length=12)
        ),
        migrations.AddField("document", "case_id", models.UUIDField(null=True)),
        migrations.AddField("document", "bytes_gone_at", models.DateTimeField(null=True)),
        migrations.AlterField("document", "object_id", models.UUIDField(unique=True)),
    ]
