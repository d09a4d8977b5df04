"""The ledger of every ending: entries that sum to zero by constraint (M1)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models


class JournalEntry(models.Model):
    """One double-entry posting: minor units per ledger account, in parallel arrays.

    The legs of an entry live in one row, so that the database itself refuses an entry that does
    not sum to zero, without a trigger per leg (docs/decisions). `key` makes it post once.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=120, unique=True)
    case_id = models.UUIDField(null=True, db_index=True)
    account_id = models.BigIntegerField()
    at = models.DateTimeField()
    code = models.CharField(max_length=30)
    source = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    accounts = ArrayField(models.CharField(max_length=40))
    minors = ArrayField(models.BigIntegerField())

    class Meta:
        indexes: ClassVar[list[models.Index]] = []
