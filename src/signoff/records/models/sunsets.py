"""Sunsets: a run, the rows of its list, the parts it is carried out in, its notices ahead (O1)."""

from django.db import models

from signoff.domain.sunset import Row
from signoff.records.models.people import User

ROW_BITS = 32
"""A row's key is its run's number and its own number in the list, in one bigint."""


class Sunset(models.Model):
    """A run that ends every line of a list, a plan or a brand. `stage` moves as domain.sunset says.

    `selection` is a domain.sunset.Selection. `number` is the run's part of its rows' keys, `column`
    what a list names lines by: msisdn or iccid. `terms` is a domain Terms document, `totals` what
    the dry run counted and `report` the signed reconciliation; both are null until then.
    `first_by` and `second_by` confirmed it. `paused_s` counts the seconds it stood still.
    """

    id = models.UUIDField(primary_key=True)
    number = models.IntegerField(unique=True)
    brand = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    selection = models.CharField(max_length=8)
    plan = models.CharField(max_length=80, blank=True, default="")
    column = models.CharField(max_length=8, blank=True, default="")
    terms = models.JSONField()
    stage = models.CharField(max_length=16)
    rows = models.IntegerField(default=0)
    lines = models.IntegerField(default=0)
    totals = models.JSONField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    rehearsed_at = models.DateTimeField(null=True)
    first_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    first_at = models.DateTimeField(null=True)
    second_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    second_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_s = models.IntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    report = models.JSONField(null=True)

    @property
    def first_key(self) -> int:
        """The key of the run's row 0, which no row has: lists count from 1."""
        return self.number << ROW_BITS

    @property
    def last_key(self) -> int:
        """The last key that may belong to the run."""
        return (self.number + 1 << ROW_BITS) - 1


class SunsetLine(models.Model):
    """A row of a run's list; its key is `number << 32 | row`, so that a part is a range of keys.

    No index but the key: what is looked for is found part by part, and rows are rewritten in place.
    `code` is a domain.sunset.Row and `why` what goes with it: the first row of a duplicate, what
    blocks, why it failed. `owed` and `refund` are minor units: as the dry run computed them, then,
    when the row's part has finished, as they were settled. From then on nothing of it changes.
    """

    id = models.BigIntegerField(primary_key=True)
    given = models.CharField(max_length=40)
    line_id = models.BigIntegerField(null=True)
    closes = models.BooleanField(db_default=False)
    code = models.CharField(max_length=14, db_default=Row.GIVEN.value)
    why = models.CharField(max_length=80, db_default="")
    told = models.SmallIntegerField(db_default=0)
    owed = models.BigIntegerField(null=True)
    refund = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, db_default="")
    case_id = models.UUIDField(null=True)
    case_state = models.CharField(max_length=14, db_default="")
    refund_state = models.CharField(max_length=10, db_default="")
    carrier_state = models.CharField(max_length=12, db_default="")
    certificate_id = models.UUIDField(null=True)


class SunsetPart(models.Model):
    """Rows that are opened, watched and finished together.

    `first` and `last` are row keys. `counts` says how many rows have which code, as of the last
    look at them, and `money` (by currency) what they owe and get back. `not_before` is the next day
    on which rows of it are to be opened; `held` says that a pause keeps cases of it back, `paying`
    that nothing of it is under way any more but refunds.
    """

    class State(models.TextChoices):
        GATHERED = "gathered"
        WAITING = "waiting"
        OPEN = "open"
        DONE = "done"

    id = models.UUIDField(primary_key=True)
    sunset = models.ForeignKey(Sunset, on_delete=models.CASCADE, related_name="parts")
    number = models.IntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    counts = models.JSONField(default=dict)
    money = models.JSONField(default=dict)
    not_before = models.DateTimeField(null=True)
    held = models.BooleanField(default=False)
    paying = models.BooleanField(default=False)
    opened_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)


class SunsetWave(models.Model):
    """A dated notice ahead; `next_key` is the row it goes on from, so that nobody is told twice."""

    id = models.UUIDField(primary_key=True)
    sunset = models.ForeignKey(Sunset, on_delete=models.CASCADE, related_name="waves")
    number = models.SmallIntegerField()
    at = models.DateTimeField()
    reminder = models.BooleanField(default=False)
    next_key = models.BigIntegerField()
    told = models.IntegerField(default=0)
    without_address = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)


class SunsetAct(models.Model):
    """What a person did about a run, and when; the table takes no change and no deletion.

    `act` is a domain.sunset.RunAct of PEOPLE, `lines` how many were confirmed or are tried again,
    `step` and `code` which of those that failed (empty: all).
    """

    sunset = models.ForeignKey(Sunset, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=10)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    lines = models.IntegerField(null=True)
    step = models.CharField(max_length=24, blank=True, default="")
    code = models.CharField(max_length=80, blank=True, default="")
