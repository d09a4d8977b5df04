"""Identity documents: only what is needed to find, check and shred them; bytes live encrypted."""

from django.db import models

from signoff.records.models.book import Line
from signoff.records.models.people import User


class Document(models.Model):
    """An uploaded document of a line. `key` names the encrypted object in the document store."""

    id = models.UUIDField(primary_key=True)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="documents")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    media_type = models.CharField(max_length=40)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    shredded_at = models.DateTimeField(null=True)
