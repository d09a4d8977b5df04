"""What the portal's forms accept. They only check the form; what is allowed, the use cases say."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from django import forms

from signoff.usecases.look import Preparing

MOST_WORDS = 2000
MOST_MESSAGE = 4000


def _choices(members: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in members]


class LeaveForm(forms.Form):
    """The short form (F1): a reason, and wishes for date, number and balance."""

    reason = forms.ChoiceField()
    words = forms.CharField(required=False, max_length=MOST_WORDS, strip=True)
    effective = forms.ChoiceField()
    number = forms.ChoiceField()
    balance = forms.ChoiceField(required=False)
    balance_to = forms.ChoiceField(required=False)
    agreed = forms.BooleanField(required=False)

    def __init__(self, found: Preparing, *, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        policy, place = found.line.policy, found.place
        self._set("reason", _choices(place.reasons), required=place.ask_reason)
        self._set("effective", _choices(policy.effective), required=True)
        self._set("number", _choices(policy.numbers), required=True)
        asked = any(option.choice for option in found.options)
        self._set("balance", _choices(policy.balance.choices), required=asked)
        others = [(line.msisdn, line.msisdn) for line in found.other_lines]
        self._set("balance_to", others, required=False)
        self.fields["agreed"].required = place.terms_tick

    def _set(self, name: str, choices: list[tuple[str, str]], *, required: bool) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        field.required = required


class AnswerForm(forms.Form):
    """What the subscriber writes back."""

    words = forms.CharField(required=False, max_length=MOST_WORDS, strip=True)


class MessageForm(forms.Form):
    """What the subscriber writes to the brand."""

    words = forms.CharField(required=False, max_length=MOST_MESSAGE, strip=True)
