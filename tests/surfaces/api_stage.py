"""What tests of the API share: clients, and what a refusal looks like."""

import json
from typing import Any

from django.test import Client

from signoff.api.problems import KINDS
from signoff.records import models


def logged_in(user: models.User | None) -> Client:
    """A client as that person, or as nobody; failures come back as answers."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    return client


def is_problem(answer: Any, slug: str) -> None:
    """Asserts the problem, and that its type can be opened."""
    content = json.loads(answer.content)
    kind = KINDS[slug]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, content["status"]) == (kind.status, kind.status)
    assert (content["type"], content["title"]) == (f"/api/problems/{slug}", kind.title)
    assert content["detail"].endswith(".")
    assert Client().get(content["type"]).status_code == 200
