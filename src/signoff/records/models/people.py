"""Who logs in, what staff may do, and who looked at what."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Creates people who are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person who logs in: a subscriber, or staff through a StaffRole. Known by e-mail.

    `phone` (E.164, or empty) is a log-in name too, as long as nobody else has it. Like the e-mail
    it comes from the operator's book: what a person corrects on a page never moves a log-in.
    """

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    phone = models.CharField(max_length=16, blank=True, default="", db_default="", db_index=True)
    language = models.CharField(max_length=8, default="zh-Hans")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]


class StaffRole(models.Model):
    """What a staff member may do for one brand (R6, O5)."""

    class Role(models.TextChoices):
        AGENT = "agent"
        SUPERVISOR = "supervisor"
        OPERATOR = "operator"
        AUDITOR = "auditor"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roles")
    brand = models.CharField(max_length=40)
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "brand", "role"], name="one_role_once")
        ]


class Access(models.Model):
    """One look of staff at a case (R5): never changed, never deleted with the case's data."""

    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    case_id = models.UUIDField(db_index=True)
    what = models.CharField(max_length=40)


class AccessHelp(models.Model):
    """A call of somebody who cannot get in (A6): what they wrote, and what became of it.

    `line` and `contact` are as typed: whether they match anything shows at the desk alone.
    """

    class Outcome(models.TextChoices):
        LET_IN = "let_in"
        NOT_PROVEN = "not_proven"
        NOT_REACHED = "not_reached"
        ANSWERED = "answered"

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=16, unique=True)
    brand = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    name = models.CharField(max_length=120)
    line = models.CharField(max_length=40)
    contact = models.CharField(max_length=254)
    words = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    answer_by = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True, default="")
    note = models.TextField(blank=True, default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["brand", "answer_by"],
                condition=models.Q(resolved_at=None),
                name="open_access_help",
            )
        ]


class SecurityAnswer(models.Model):
    """A person's own question and the salted hash of its answer (A3): asked besides a code only."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    question = models.CharField(max_length=120)
    answer = models.CharField(max_length=128)
