"""The API as its cast meets it: the subscriber, a stranger, agents, and anybody."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import stage
from signoff.domain.account import CardKind
from signoff.records import models
from signoff.usecases import papers
from signoff.workflows import act, runner
from surfaces.api_stage import is_problem, logged_in
from surfaces.openapi_shape import misfits

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Ended:
    """A line that has ended, and who took part."""

    people: stage.Cast
    case: models.Case

    @property
    def url(self) -> str:
        return f"/api/v1/cases/{self.case.id}"


@pytest.fixture
def ended() -> Ended:
    people = stage.cast("wavequill")
    with stage.sandbox() as sandbox, stage.mail():
        line = stage.line(
            CardKind.INTERNET, holder=people.subscriber, sandbox=sandbox, settled=True
        )
        declared = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
        return Ended(people, stage.to_the_end(declared.case_id, agent=people.agent))


@pytest.fixture
def described() -> dict[str, Any]:
    """The description as it is served to anybody."""
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


def fits(answer: Any, of: dict[str, Any], *, at: str, method: str = "get") -> None:
    """Asserts that an answer is one the description knows, and has its shape."""
    response = of["paths"][at][method]["responses"][str(answer.status_code)]
    media_type = answer.headers["Content-Type"].split(";")[0]
    schema = response["content"][media_type]["schema"]
    assert misfits(json.loads(answer.content), schema, of=of) == []


# ---------------------------------------------------------------- cases
@pytest.mark.slow
def test_the_subscriber_reads_the_whole_way(ended: Ended, described: dict[str, Any]) -> None:
    answer = logged_in(ended.people.subscriber).get(ended.url)

    content = answer.json()
    fits(answer, described, at="/api/v1/cases/{case_id}")
    assert (content["id"], content["number"]) == (str(ended.case.id), ended.case.number)
    assert (content["kind"], content["carrier"]) == ("internet", "verizon")
    assert content["line"] == ended.case.line.msisdn
    names = [each["name"] for each in content["states"]]
    assert names[0] == "declared"
    assert names[-3:] == ["approved", "ending", "ended"]
    assert content["states"][0]["at"] == content["declared_at"]
    assert [each["at"] for each in content["states"]] == sorted(
        each["at"] for each in content["states"]
    )
    assert content["state"] == "ended"
    assert content["statement"]["final"] is True
    assert content["proof"]["state"] == "deactivated"
    assert content["needs"] == []


@pytest.mark.slow
def test_the_certificate_it_names_is_the_signed_one(ended: Ended) -> None:
    client = logged_in(ended.people.subscriber)
    content = client.get(ended.url).json()

    as_json = client.get(content["certificate"])
    as_pdf = client.get(content["certificate_pdf"] + "?language=en")

    assert as_json.content == papers.certificate_json(ended.case.id)
    assert as_json.headers["Content-Type"] == "application/json"
    assert ended.case.number in as_json.headers["Content-Disposition"]
    assert as_json.headers["Cache-Control"] == "private, no-store"
    assert as_pdf.content.startswith(b"%PDF-")
    assert as_pdf.headers["Content-Type"] == "application/pdf"


@pytest.mark.parametrize(
    ("who", "problem"),
    [
        ("nobody", "not-logged-in"),
        ("stranger", "not-found"),
        ("other_agent", "not-found"),
        ("subscriber", ""),
        ("agent", ""),
    ],
)
@pytest.mark.slow
def test_only_the_subscriber_and_their_brands_staff_see_a_case(
    ended: Ended, who: str, problem: str
) -> None:
    client = logged_in(getattr(ended.people, who, None))

    for paper in ("", "/certificate.json", "/certificate.pdf"):
        answer = client.get(ended.url + paper)

        if not problem:
            assert answer.status_code == 200
            continue
        is_problem(answer, problem)
        other = client.get(f"/api/v1/cases/{uuid4()}{paper}")
        assert other.content == answer.content


@pytest.mark.slow
def test_a_look_of_staff_is_written_down_and_one_of_the_subscriber_is_not(ended: Ended) -> None:
    logged_in(ended.people.subscriber).get(ended.url)
    logged_in(ended.people.other_agent).get(ended.url)
    assert not models.Access.objects.exists()

    logged_in(ended.people.agent).get(ended.url)

    (access,) = models.Access.objects.all()
    assert (access.user_id, access.case_id) == (ended.people.agent.id, ended.case.id)


def test_an_open_case_says_what_it_waits_for_and_has_no_certificate(
    described: dict[str, Any],
) -> None:
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)
    declared = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
    client = logged_in(people.subscriber)
    runner.run("assess")

    answer = client.get(f"/api/v1/cases/{declared.case_id}")

    content = answer.json()
    fits(answer, described, at="/api/v1/cases/{case_id}")
    (need,) = content["needs"]
    assert (need["who"], need["what"]) == ("agent", "decide")
    assert need["until"] > content["declared_at"]
    assert (content["certificate"], content["certificate_pdf"], content["proof"]) == (None,) * 3
    assert content["statement"]["final"] is False
    is_problem(client.get(answer.wsgi_request.path + "/certificate.pdf"), "no-certificate-yet")


@pytest.mark.slow
def test_lines_are_ones_own(ended: Ended, described: dict[str, Any]) -> None:
    answer = logged_in(ended.people.subscriber).get("/api/v1/lines")

    (line,) = answer.json()["lines"]
    fits(answer, described, at="/api/v1/lines")
    assert line["case"] == {
        "id": str(ended.case.id),
        "state": "ended",
        "url": f"http://testserver{ended.url}",
    }
    assert logged_in(ended.people.stranger).get("/api/v1/lines").json() == {"lines": []}
    is_problem(logged_in(None).get("/api/v1/lines"), "not-logged-in")


@pytest.mark.slow
def test_a_wrong_value_is_named_by_its_place(ended: Ended, described: dict[str, Any]) -> None:
    answer = logged_in(ended.people.subscriber).get(f"{ended.url}/certificate.pdf?language=tlh")

    is_problem(answer, "wrong-values")
    fits(answer, described, at="/api/v1/cases/{case_id}/certificate.pdf")
    assert answer.json()["errors"] == [{"where": "query.language", "what": "literal_error"}]


# ---------------------------------------------------------------- anybody
def test_keys_are_published_twice_and_alike(described: dict[str, Any]) -> None:
    answer = Client().get("/api/v1/keys")

    (key,) = answer.json()["keys"]
    fits(answer, described, at="/api/v1/keys")
    assert key["current"] is True
    assert key["key_id"] == hashlib.sha256(bytes.fromhex(key["public_key"])).hexdigest()[:16]
    assert Client().get("/.well-known/signoff-keys.json").json() == answer.json()


@pytest.mark.parametrize("way", ["raw", "form"])
@pytest.mark.parametrize("ending", ["json", "pdf"])
@pytest.mark.slow
def test_anybody_verifies_a_certificate(
    ended: Ended, described: dict[str, Any], way: str, ending: str
) -> None:
    pdf = papers.certificate_pdf(ended.case.id, language="zh-Hant")
    content = pdf if ending == "pdf" else papers.certificate_json(ended.case.id)

    answer = upload(content, way=way, media_type=f"application/{ending}")

    fits(answer, described, at="/api/v1/verify", method="post")
    verdict = answer.json()
    assert (verdict["ok"], verdict["trusted"], verdict["kind"]) == (True, True, ending)
    assert {check["state"] for check in verdict["checks"]} == {"ok"}
    assert verdict["facts"]["case"]["reference"] == ended.case.number


@pytest.mark.slow
def test_an_altered_certificate_is_an_answer_that_names_what_does_not_fit(ended: Ended) -> None:
    altered = papers.certificate_json(ended.case.id).replace(b"verizon", b"verizom")

    answer = upload(altered, way="raw", media_type="application/json")

    verdict = answer.json()
    failed = {check["part"] for check in verdict["checks"] if check["state"] == "failed"}
    assert (answer.status_code, verdict["ok"], verdict["trusted"]) == (200, False, False)
    assert "body_digest" in failed


@pytest.mark.parametrize("content", [b"{}", b"no certificate", b"%PDF-1.7", b"\x00\xff", b"[" * 9])
def test_what_is_no_certificate_is_not_genuine(content: bytes) -> None:
    answer = upload(content, way="raw", media_type="application/octet-stream")

    assert (answer.status_code, answer.json()["ok"]) == (200, False)


@pytest.mark.parametrize("way", ["raw", "form"])
def test_too_big_a_file_is_refused(way: str, described: dict[str, Any]) -> None:
    answer = upload(b"x" * (2 * 1024 * 1024 + 1), way=way, media_type="application/pdf")

    is_problem(answer, "too-big")
    fits(answer, described, at="/api/v1/verify", method="post")
    assert "2097152" in answer.json()["detail"]


def test_a_form_without_the_file_is_told_what_is_missing() -> None:
    answer = Client().post("/api/v1/verify", {"certificate": "text"})

    is_problem(answer, "wrong-values")
    assert '"file"' in answer.json()["detail"]


def test_a_body_of_untold_size_is_refused() -> None:
    answer = Client().generic("POST", "/api/v1/verify", b"", CONTENT_LENGTH="")

    is_problem(answer, "length-missing")


def upload(content: bytes, *, way: str, media_type: str) -> Any:
    client = Client(enforce_csrf_checks=True)
    if way == "raw":
        return client.post("/api/v1/verify", content, content_type=media_type)
    file = SimpleUploadedFile("certificate", content, content_type=media_type)
    return client.post("/api/v1/verify", {"file": file})


@pytest.mark.parametrize(
    ("method", "path", "problem"),
    [
        ("GET", "/api/v1/nothing", "not-found"),
        ("GET", "/api/v1/cases/7", "not-found"),
        ("GET", "/api/v2/cases", "not-found"),
        ("GET", "/api/problems/unheard-of", "not-found"),
        ("POST", "/api/v1/keys", "method-not-allowed"),
        ("GET", "/api/v1/verify", "method-not-allowed"),
        ("GET", "/callbacks/carriers/verizon", "method-not-allowed"),
        ("POST", "/callbacks/carriers/nobody", "not-found"),
    ],
)
def test_every_refusal_is_a_problem(method: str, path: str, problem: str) -> None:
    answer = logged_in(None).generic(method, path, b"{}")

    is_problem(answer, problem)
    assert ("Allow" in answer.headers) is (problem == "method-not-allowed")


@pytest.mark.slow
def test_a_failure_of_ours_is_a_problem_without_its_cause(
    ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("secret cause")

    monkeypatch.setattr("signoff.usecases.look.lines_of", breaks)

    answer = logged_in(ended.people.subscriber).get("/api/v1/lines")

    is_problem(answer, "failed")
    assert b"secret" not in answer.content


def test_a_missing_page_for_people_stays_a_page() -> None:
    answer = logged_in(None).get("/nothing/here")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
