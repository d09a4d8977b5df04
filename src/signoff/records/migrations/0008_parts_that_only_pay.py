"""A part of which only refunds are under way keeps no other from being opened."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0007_room_to_move")]
    operations = [
        migrations.AddField("sunsetpart", "paying", models.BooleanField(default=False)),
    ]
