"""Joint requests of an account, rights beside the holder's, and what is asked of a holder."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0009_waiting_and_after"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountRequest",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=16, unique=True)),
                ("acting", models.CharField(max_length=12)),
                ("channel", models.CharField(max_length=20)),
                ("language", models.CharField(max_length=8)),
                ("declared_at", models.DateTimeField()),
                ("whole", models.BooleanField()),
                ("key", models.CharField(max_length=64)),
                ("content", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Ask",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("language", models.CharField(max_length=8)),
                ("reason", models.CharField(max_length=30)),
                ("words", models.TextField(blank=True, default="")),
                ("number_choice", models.CharField(max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("confirmed", "Confirmed"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Entitlement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("right", models.CharField(max_length=12)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="account",
            name="erase_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="acting",
            field=models.CharField(db_default="holder", default="holder", max_length=12),
        ),
        migrations.AddField(
            model_name="case",
            name="request",
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("request__isnull", False)),
                fields=["request"],
                name="cases_of_request",
            ),
        ),
        migrations.AddField(
            model_name="accountrequest",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="requests",
                to="records.account",
            ),
        ),
        migrations.AddField(
            model_name="accountrequest",
            name="declared_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="ask",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="ask",
            name="line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="asks", to="records.line"
            ),
        ),
        migrations.AddField(
            model_name="entitlement",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="entitlements",
                to="records.account",
            ),
        ),
        migrations.AddField(
            model_name="entitlement",
            name="line",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="entitlements",
                to="records.line",
            ),
        ),
        migrations.AddField(
            model_name="entitlement",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="entitlements",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="accountrequest",
            constraint=models.UniqueConstraint(
                fields=("declared_by", "key"), name="one_request_per_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="ask",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("line",),
                name="one_open_ask_per_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.UniqueConstraint(
                fields=("account", "line", "user"), name="one_right_each", nulls_distinct=False
            ),
        ),
    ]
