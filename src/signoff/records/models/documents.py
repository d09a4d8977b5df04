"""Identity documents: only what is needed to find, check and shred them; bytes live encrypted."""

from django.db import models

from signoff.records.models.book import Line
from signoff.records.models.people import User


class Document(models.Model):
    """A file handed in for a line, kept as `pages` pictures made from it.

    `object_id` names its sealed bytes in the store; `sealed_key`, the document's own key wrapped
    by the installation's, opens them. Once that is gone the bytes are noise, wherever copies of
    them lie: that is shredding. Rows without either were kept before there were pages: their bytes
    are the file itself, with the key in front.

    While `checking`, the bytes are the file as it came, which a virus scanner has yet to see;
    `scanner` says which one saw it at `scanned_at`. A shredded row stays as the proof: when and why
    (`shredded_for`, a domain.documents.Shredding), for which case, and since when the bytes are
    gone too.
    """

    id = models.UUIDField(primary_key=True)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="documents")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    media_type = models.CharField(max_length=40)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    pages = models.IntegerField(default=0)
    object_id = models.UUIDField(unique=True)
    sealed_key = models.BinaryField(null=True)
    checking = models.BooleanField(default=False)
    scanned_at = models.DateTimeField(null=True)
    scanner = models.CharField(max_length=80, blank=True, default="")
    shredded_at = models.DateTimeField(null=True)
    shredded_for = models.CharField(max_length=12, blank=True, default="")
    case_id = models.UUIDField(null=True)
    bytes_gone_at = models.DateTimeField(null=True)
