"""A certificate's file is made when it is asked for: only the signature over its body is kept."""

import json
from typing import Any

from django.db import migrations, models


def _keep_signatures(apps: Any, schema_editor: Any) -> None:
    certificate = apps.get_model("records", "Certificate")
    for each in certificate.objects.exclude(content=None).iterator(chunk_size=1000):
        value = json.loads(bytes(each.content))["signature"]["value"]
        certificate.objects.filter(pk=each.pk).update(signature=bytes.fromhex(value))


class Migration(migrations.Migration):
    dependencies = [("records", "0004_sunsets"), ("records", "0005_pace")]

    operations = [
        migrations.AddField("certificate", "signature", models.BinaryField(default=b"")),
        migrations.RunPython(_keep_signatures, migrations.RunPython.noop),
        migrations.RemoveField("certificate", "content"),
        migrations.AlterField("certificate", "signature", models.BinaryField()),
    ]
