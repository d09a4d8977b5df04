"""Somebody who has just logged in, without the pages of it: for tests and measurements."""

import time
from typing import Any

from django.test import Client


def log_in(client: Client, user: Any, *, minutes_ago: float = 0) -> None:
    """Give a client the session a log-in with the password leads to, so long ago.

    It is what allauth keeps of one (account.internal.flows.login): a proof is read from there.
    """
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - minutes_ago * 60}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
