"""The pace of each account at a carrier, shared by all processes."""

import django.contrib.postgres.fields
from django.db import migrations, models

import signoff.records.models.pacing


class Migration(migrations.Migration):
    dependencies = [("records", "0004_sunsets")]
    operations = [
        migrations.CreateModel(
            name="Pace",
            fields=[
                ("name", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("next_at", models.DateTimeField(default=signoff.records.models.pacing.LONG_AGO)),
                (
                    "in_flight",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(), default=list, size=None
                    ),
                ),
                ("granted", models.IntegerField(default=0)),
                ("last_by", models.BigIntegerField(default=0)),
                ("front_by", models.BigIntegerField(default=0)),
                ("front_bulk", models.BooleanField(default=False)),
                (
                    "front_until",
                    models.DateTimeField(default=signoff.records.models.pacing.LONG_AGO),
                ),
            ],
        ),
    ]
