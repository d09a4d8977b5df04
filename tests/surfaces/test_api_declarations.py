"""Several lines over the API: the same is taken and refused as by the form (E8)."""

import json
from typing import Any

import pytest

import stage
from signoff.domain.account import CardKind
from signoff.records import models
from signoff.testing import facts
from surfaces.api_stage import is_problem, logged_in
from surfaces.openapi_shape import misfits
from usecases.scenes import nothing_happens

pytestmark = pytest.mark.django_db


class Scene:
    def __init__(self) -> None:
        self.people = stage.cast("farwander")
        self.lines = stage.lines_of_one_account(
            3, holder=self.people.subscriber, bills=(facts.bill("b1", 1000),)
        )
        self.client = logged_in(self.people.subscriber)

    def body(self, *lines: models.Line, **changed: Any) -> dict[str, Any]:
        wished = [{"line": line.msisdn} for line in lines or self.lines]
        usual = {"lines": wished, "reason": "left_country", "balance": "refund", "agreed": True}
        return {**usual, **changed}

    def post(self, name: str, body: Any, *, key: str | None = "k1", client: Any = None) -> Any:
        headers = {"Idempotency-Key": key} if key is not None else {}
        return (client or self.client).post(
            f"/api/v1/{name}", json.dumps(body), content_type="application/json", headers=headers
        )


def fits(answer: Any, name: str) -> None:
    described = json.loads(logged_in(None).get("/api/v1/openapi.json").content)
    schema = described["components"]["schemas"][name]
    assert not misfits(json.loads(answer.content), schema, of=described)


def test_what_it_comes_to_and_then_the_declaration() -> None:
    """E8, M4: the same amounts as the form's, a case for each line."""
    scene = Scene()

    with nothing_happens():
        quote = scene.post("statements", scene.body())
    fits(quote, "Quote")
    told = quote.json()
    assert told["closes_account"] is True
    assert told["total"]["refund"]["minor"] == 1350
    assert [row["statement"]["lines"] for row in told["lines"]] == [[], [], []]

    made = scene.post("declarations", scene.body(shown=told["shown"]))

    assert made.status_code == 201, made.content
    fits(made, "Declared")
    shown = made.json()
    assert {row["line"] for row in shown["lines"]} == {line.msisdn for line in scene.lines}
    assert all(scene.client.get(row["url"]).status_code == 200 for row in shown["lines"])
    # A session alone is no fresh proof: a person looks first (A4).
    policies = models.PolicyVersion.objects.filter(
        digest__in=models.Case.objects.values("policy_digest")
    )
    assert all(each.content["review"]["by_agent"] for each in policies)


def test_the_same_key_again_gets_the_same_answer() -> None:
    """F5."""
    scene = Scene()
    first = scene.post("declarations", scene.body())

    with nothing_happens():
        second = scene.post("declarations", scene.body())
        other = scene.post("declarations", scene.body(words="Something else."))

    assert (second.status_code, second.json()["again"]) == (200, True)
    assert second.json()["id"] == first.json()["id"]
    is_problem(other, "idempotency-key-reused")


def test_a_line_that_is_being_ended_keeps_all_of_them_out() -> None:
    """E8: all or nothing, and the line is named."""
    scene = Scene()
    scene.post("declarations", scene.body(scene.lines[0]))

    with nothing_happens():
        answer = scene.post("declarations", scene.body(), key="k2")

    is_problem(answer, "already-ending")
    assert answer.json()["errors"] == [{"where": scene.lines[0].msisdn, "what": "already_ending"}]


def test_another_statement_than_the_one_shown_declares_nothing() -> None:
    """M4."""
    scene = Scene()

    with nothing_happens():
        answer = scene.post("declarations", scene.body(shown="0" * 64))

    is_problem(answer, "statement-moved")


def test_what_a_policy_does_not_offer_declares_nothing() -> None:
    """Q6: the line and the reason are named."""
    scene = Scene()
    body = scene.body()
    body["lines"][1]["number"] = "park"

    with nothing_happens():
        answer = scene.post("declarations", body)

    is_problem(answer, "not-offered")
    told = {"where": scene.lines[1].msisdn, "what": "number_choice_not_offered"}
    assert answer.json()["errors"] == [told]


@pytest.mark.parametrize("whose", ["stranger's", "own other account's", "nobody's", "doubled"])
def test_a_line_that_is_not_of_this_account_is_not_there(whose: str) -> None:
    """Q3: the same answer for every one of them, and nothing moves."""
    scene = Scene()
    holder = scene.people.stranger if whose == "stranger's" else scene.people.subscriber
    other = {"line": "+12025550000"}
    if whose in ("stranger's", "own other account's"):
        other = {"line": stage.line(CardKind.TRAVEL, holder=holder).msisdn}
    body = scene.body()
    body["lines"].append(body["lines"][0] if whose == "doubled" else other)

    with nothing_happens():
        answers = [scene.post("statements", body), scene.post("declarations", body)]

    for answer in answers:
        is_problem(answer, "wrong-values" if whose == "doubled" else "not-found")


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"lines": []}, "body.body.lines"),
        ({"reason": "because"}, "body.body.reason"),
        ({"agreed": False}, "body.agreed"),
        ({"balance": None}, "body.balance"),
        ({"balance": "forfeit"}, "body.balance"),
        ({"unknown": 1}, "body.body.unknown"),
    ],
)
def test_a_wrong_value_is_named(changed: dict[str, Any], where: str) -> None:
    """Q6."""
    scene = Scene()

    with nothing_happens():
        answer = scene.post("declarations", scene.body(**changed))

    is_problem(answer, "wrong-values")
    assert [each["where"] for each in answer.json()["errors"]] == [where]


def test_a_declaration_needs_a_key_and_a_log_in() -> None:
    """F5, Q3."""
    scene = Scene()

    with nothing_happens():
        keyless = scene.post("declarations", scene.body(), key=None)
        nobody = scene.post("declarations", scene.body(), client=logged_in(None))
        stranger = scene.post("declarations", scene.body(), client=logged_in(scene.people.stranger))

    is_problem(keyless, "wrong-values")
    is_problem(nobody, "not-logged-in")
    is_problem(stranger, "not-found")


def test_a_user_of_a_line_cannot_end_it_here_either() -> None:
    """A7: nor read the certificate of its case."""
    scene = Scene()
    models.Entitlement.objects.create(
        account=scene.lines[0].account,
        line=scene.lines[0],
        user=scene.people.stranger,
        right="user",
    )
    client = logged_in(scene.people.stranger)

    with nothing_happens():
        answer = scene.post("declarations", scene.body(scene.lines[0]), client=client)
    is_problem(answer, "not-found")

    made = scene.post("declarations", scene.body(scene.lines[0])).json()["lines"][0]
    seen = client.get(f"/api/v1/cases/{made['id']}")
    assert (seen.status_code, seen.json()["statement"]["lines"]) == (200, [])
    is_problem(client.get(f"/api/v1/cases/{made['id']}/certificate.json"), "not-found")
