"""Texts: what the network calls them, a state for those being handed over, and who wants none."""

from django.db import migrations, models
from django.db.models import Q

_STATES = ["planned", "sending", "sent", "unsure", "skipped", "refused"]


class Migration(migrations.Migration):
    dependencies = [("records", "0013_disputes_and_contacts")]

    operations = [
        migrations.AlterField(
            "notice",
            "state",
            models.CharField(
                choices=[(state, state.capitalize()) for state in _STATES], max_length=10
            ),
        ),
        migrations.AddField(
            "notice",
            "reference",
            models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddIndex(
            "notice",
            models.Index(
                condition=Q(medium="sms"), fields=["recipient", "at"], name="texts_to_a_number"
            ),
        ),
        migrations.AddIndex(
            "notice",
            models.Index(
                condition=~Q(reference=""), fields=["reference"], name="texts_by_reference"
            ),
        ),
        migrations.AddIndex(
            "notice",
            models.Index(
                condition=Q(medium="sms", state="sending"), fields=["at"], name="texts_on_their_way"
            ),
        ),
        migrations.CreateModel(
            "TextOptOut",
            [
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, serialize=False, auto_created=True, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
