"""Messages of a case, after-care, and archives that are made in the background."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0008_parts_that_only_pay"),
    ]

    operations = [
        migrations.CreateModel(
            name="AfterCare",
            fields=[
                ("case_id", models.UUIDField(primary_key=True, serialize=False)),
                ("ticked", models.JSONField(default=list)),
                ("reminded", models.JSONField(default=list)),
                ("by_mail", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="Archive",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("data", "Data"), ("evidence", "Evidence")], max_length=10
                    ),
                ),
                ("case_id", models.UUIDField(null=True)),
                ("language", models.CharField(max_length=8)),
                ("options", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("gone", "Gone"),
                        ],
                        max_length=8,
                    ),
                ),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("size", models.IntegerField(default=0)),
                ("sha256", models.CharField(blank=True, default="", max_length=64)),
                ("at", models.DateTimeField()),
                ("ready_at", models.DateTimeField(null=True)),
                ("gone_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="archives",
                        to="records.line",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("case_id", models.UUIDField()),
                ("seq", models.IntegerField()),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("subscriber", "Subscriber"),
                            ("staff", "Staff"),
                            ("note", "Note"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.document",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("read_at__isnull", True), ("side", "subscriber")),
                        fields=["case_id"],
                        name="unread_by_staff",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("case_id", "seq"), name="one_message_per_place")
                ],
            },
        ),
    ]
