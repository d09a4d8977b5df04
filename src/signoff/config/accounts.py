"""How people's accounts come to be: by import or invitation, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccounts(DefaultAccountAdapter):
    """allauth with its sign-up door closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
