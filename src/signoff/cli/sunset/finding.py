"""Which run and which person a command is about."""

import getpass
import os
import sys
from uuid import UUID

from signoff.cli.errors import Refused
from signoff.records import models
from signoff.wording.catalogue import shipped


def run_named(text: str) -> models.Sunset:
    """The run of this number or id. Raises Refused."""
    found = models.Sunset.objects.none()
    if text.isdecimal():
        found = models.Sunset.objects.filter(number=int(text))
    else:
        try:
            found = models.Sunset.objects.filter(id=UUID(text))
        except ValueError as error:
            raise Refused(f"{text!r} is neither a run's number nor its id") from error
    run = found.first()
    if run is None:
        raise Refused(f"there is no run {text}")
    return run


def person(email: str) -> models.User:
    """The staff member of this address. Raises Refused."""
    if not email:
        raise Refused("say who asks for it: --as EMAIL")
    user = models.User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise Refused(f"nobody here is called {email}")
    return user


def proven(email: str) -> models.User:
    """The staff member of this address, who gives their password. Raises Refused."""
    user = person(email)
    password = os.environ.get("SIGNOFF_PASSWORD", "")
    if not password and sys.stdin.isatty():
        password = getpass.getpass(f"Password of {user.email}: ")
    if not user.check_password(password):
        raise Refused("wrong password; give it on the terminal or as SIGNOFF_PASSWORD")
    return user


def words(key: str) -> str:
    """What a code of sunsets is called in English."""
    return shipped("sunset").say(f"sunset.{key}", "en")
