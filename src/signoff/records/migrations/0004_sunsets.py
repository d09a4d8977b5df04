"""Sunsets: runs, the rows of their lists, parts and notices ahead."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _staff(*, null: bool = False) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        null=null,
    )


def _of_run(name: str) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, related_name=name, to="records.sunset"
    )


# Runs count on their own: a run's number is the upper half of its rows' keys.
_NUMBERS = "CREATE SEQUENCE records_sunset_number AS integer"

# A row is rewritten four times, and has no index but its key: room to do so within the page.
_ROOM = "ALTER TABLE records_sunsetline SET (fillfactor = 60)"


class Migration(migrations.Migration):
    dependencies = [("records", "0003_account_book")]
    operations = [
        migrations.CreateModel(
            name="Sunset",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.IntegerField(unique=True)),
                ("brand", models.CharField(max_length=40)),
                ("title", models.CharField(max_length=120)),
                ("selection", models.CharField(max_length=8)),
                ("plan", models.CharField(blank=True, default="", max_length=80)),
                ("column", models.CharField(blank=True, default="", max_length=8)),
                ("terms", models.JSONField()),
                ("stage", models.CharField(max_length=16)),
                ("rows", models.IntegerField(default=0)),
                ("lines", models.IntegerField(default=0)),
                ("totals", models.JSONField(null=True)),
                ("created_at", models.DateTimeField()),
                ("rehearsed_at", models.DateTimeField(null=True)),
                ("first_at", models.DateTimeField(null=True)),
                ("second_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                ("paused_s", models.IntegerField(default=0)),
                ("ended_at", models.DateTimeField(null=True)),
                ("report", models.JSONField(null=True)),
                ("created_by", _staff()),
                ("first_by", _staff(null=True)),
                ("second_by", _staff(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SunsetLine",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("given", models.CharField(max_length=40)),
                ("line_id", models.BigIntegerField(null=True)),
                ("closes", models.BooleanField(db_default=False)),
                ("code", models.CharField(db_default="given", max_length=14)),
                ("why", models.CharField(db_default="", max_length=80)),
                ("told", models.SmallIntegerField(db_default=0)),
                ("owed", models.BigIntegerField(null=True)),
                ("refund", models.BigIntegerField(null=True)),
                ("currency", models.CharField(db_default="", max_length=3)),
                ("case_id", models.UUIDField(null=True)),
                ("case_state", models.CharField(db_default="", max_length=14)),
                ("refund_state", models.CharField(db_default="", max_length=10)),
                ("carrier_state", models.CharField(db_default="", max_length=12)),
                ("certificate_id", models.UUIDField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SunsetPart",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.IntegerField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("gathered", "Gathered"),
                            ("waiting", "Waiting"),
                            ("open", "Open"),
                            ("done", "Done"),
                        ],
                        max_length=10,
                    ),
                ),
                ("counts", models.JSONField(default=dict)),
                ("money", models.JSONField(default=dict)),
                ("not_before", models.DateTimeField(null=True)),
                ("held", models.BooleanField(default=False)),
                ("opened_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("sunset", _of_run("parts")),
            ],
        ),
        migrations.CreateModel(
            name="SunsetWave",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.SmallIntegerField()),
                ("at", models.DateTimeField()),
                ("reminder", models.BooleanField(default=False)),
                ("next_key", models.BigIntegerField()),
                ("told", models.IntegerField(default=0)),
                ("without_address", models.IntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("sunset", _of_run("waves")),
            ],
        ),
        migrations.RunSQL(_NUMBERS, "DROP SEQUENCE records_sunset_number"),
        migrations.RunSQL(_ROOM, migrations.RunSQL.noop),
    ]
