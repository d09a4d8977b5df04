"""What the log-in pages accept, where allauth's forms do not know how people write."""

from typing import Any

from allauth.account.forms import LoginForm, ResetPasswordKeyForm
from allauth.core import context, ratelimit
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from signoff.channels.portal.account import limits
from signoff.channels.portal.account.codes import ResetCode
from signoff.records import people
from signoff.records.models import User
from signoff.usecases import logins, security_questions
from signoff.wording.tags import sentence

MOST_WORDS = 2000


class PhoneField(forms.CharField):
    """A phone number in any usual spelling, as E.164."""

    def clean(self, value: Any) -> str:
        found = logins.numbers(str(super().clean(value))[: logins.MOST])
        if not found:
            raise ValidationError(sentence("enter.unreadable"), code="invalid_phone")
        return found[0]


class LogIn(LoginForm):
    """E-mail address or phone number, and password."""

    def clean_login(self) -> str:
        return str(super().clean_login())[: logins.MOST]


class _Asking(forms.Form):
    """One field for an e-mail address or a phone number."""

    login = forms.CharField(max_length=logins.MOST, strip=True)
    person: people.Person | None = None

    def clean_login(self) -> str:
        """Look for the person, known or not with one query."""
        typed = str(self.cleaned_data["login"])
        try:
            self.person = logins.find(typed)
        except logins.Unreadable as error:
            raise ValidationError(sentence("enter.unreadable")) from error
        return typed

    @property
    def by_phone(self) -> bool:
        """Whether a number was typed."""
        return logins.is_number(self.cleaned_data["login"])


class AskForCode(_Asking):
    """Where a code to log in shall go."""

    _user: User | None = None

    def clean(self) -> dict[str, Any]:
        """Give allauth's flow the contact as it wants it: one of email and phone."""
        cleaned = super().clean() or {}
        typed = cleaned.get("login")
        if not typed:
            return cleaned
        key = logins.key(typed)
        if not ratelimit.consume(context.request, action="request_login_code", key=key):
            raise limits.paused(context.request, action="request_login_code", key=key)
        self._user = User.objects.filter(id=self.person.id if self.person else 0).first()
        if self.by_phone:
            cleaned["phone"] = (self.person.phone if self.person else "") or key
        else:
            cleaned["email"] = self.person.email if self.person else key
        return cleaned


class AskForReset(_Asking):
    """Where the code that sets a new password shall go."""

    def clean(self) -> dict[str, Any]:
        """Give allauth's view its key for counting tries."""
        cleaned = super().clean() or {}
        if typed := cleaned.get("login"):
            cleaned["email"] = logins.key(typed)
        return cleaned

    def save(self, request: HttpRequest) -> None:
        """Send the code; a closed account has none, like one that never was."""
        person = self.person if self.person and self.person.active else None
        ResetCode.begin(request, person, typed=self.cleaned_data["email"], by_phone=self.by_phone)


class NewPassword(ResetPasswordKeyForm):
    """The new password; where the brand has security questions, the person's own answer too."""

    answer = forms.CharField(required=False, max_length=200, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = people.by_id(self.user.pk) if self.user else None
        self.question = security_questions.question_for(person) if person else ""

    def clean_answer(self) -> str:
        """Compare the answer; wrong ones are counted like wrong passwords."""
        answer = str(self.cleaned_data["answer"])
        if not self.question:
            return ""
        key = f"question-{self.user.pk}"
        if not ratelimit.consume(context.request, action="login_failed", key=key):
            raise limits.paused(context.request, action="login_failed", key=key)
        if not security_questions.is_right(self.user.pk, answer):
            raise ValidationError(sentence("enter.wrong_answer"))
        return answer


class OwnQuestion(forms.Form):
    """A security question of a person's own choice."""

    question = forms.CharField(min_length=8, max_length=120, strip=True)
    answer = forms.CharField(min_length=security_questions.LEAST_ANSWER, max_length=200)


class CallForHelp(forms.Form):
    """What somebody who cannot get in writes."""

    brand = forms.ChoiceField()
    name = forms.CharField(max_length=120, strip=True)
    line = forms.CharField(max_length=40, strip=True)
    contact = forms.CharField(max_length=logins.MOST, strip=True)
    words = forms.CharField(required=False, max_length=MOST_WORDS, strip=True)

    def __init__(self, brands: list[str], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["brand"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(brand, brand) for brand in brands]

    def clean_contact(self) -> str:
        """An agent must be able to write or call there."""
        contact = str(self.cleaned_data["contact"])
        if not (logins.emails(contact) or logins.numbers(contact)):
            raise ValidationError(sentence("enter.unreadable"))
        return contact
