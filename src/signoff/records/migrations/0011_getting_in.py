"""Log-in by phone number, calls of those who cannot get in, and limits that hold over processes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What Django's own `createcachetable` makes; what it holds need not outlive a crash.
_LIMITS = """
CREATE UNLOGGED TABLE records_limits (
    cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
);
CREATE INDEX records_limits_expires ON records_limits (expires);
"""

# People who are known already log in with the number of their oldest account.
_PHONES = r"""
UPDATE records_user u SET phone = a.phone
FROM (SELECT DISTINCT ON (holder_id) holder_id, facts #>> '{details,phone}' AS phone
      FROM records_account WHERE holder_id IS NOT NULL
      AND facts #>> '{details,phone}' ~ '^\+[1-9][0-9]{6,14}$' ORDER BY holder_id, id) a
WHERE a.holder_id = u.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0010_accounts_together"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="phone",
            field=models.CharField(
                blank=True, db_default="", db_index=True, default="", max_length=16
            ),
        ),
        migrations.CreateModel(
            name="AccessHelp",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=16, unique=True)),
                ("brand", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=120)),
                ("line", models.CharField(max_length=40)),
                ("contact", models.CharField(max_length=254)),
                ("words", models.TextField(blank=True, default="")),
                ("at", models.DateTimeField()),
                ("answer_by", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("let_in", "Let In"),
                            ("not_proven", "Not Proven"),
                            ("not_reached", "Not Reached"),
                            ("answered", "Answered"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("note", models.TextField(blank=True, default="")),
                (
                    "resolved_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("resolved_at", None)),
                        fields=["brand", "answer_by"],
                        name="open_access_help",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SecurityAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("question", models.CharField(max_length=120)),
                ("answer", models.CharField(max_length=128)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_LIMITS, "DROP TABLE records_limits"),
        migrations.RunSQL(_PHONES, migrations.RunSQL.noop),
    ]
