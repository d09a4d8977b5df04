"""The desk's pages of sunsets: lines that wait for a person, and the report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256

import pytest
from django.urls import reverse

from signoff.domain.sunset import Stage
from signoff.records import models
from surfaces.sunset_pages import LANGUAGES, browser, finished_run, post, ready_run, text, url
from usecases.scenes import nothing_happens
from usecases.sunset_scenes import Scene, staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready() -> Iterator[Scene]:
    with ready_run() as closing:
        yield closing


@pytest.fixture
def finished() -> Iterator[Scene]:
    with finished_run() as closing:
        yield closing


# ---------------------------------------------------------------- lines that wait
def test_lines_that_wait_are_grouped_and_tried_again(finished: Scene) -> None:
    client, where = browser(finished.first), url(finished, "waiting")
    page = text(client.get(where))
    auditors = text(browser(finished.auditor).get(where))
    (case,) = models.Case.objects.exclude(state__in=("ended", "closed"))

    assert "Refused with code BARRED." in page
    assert reverse("console:case", args=[case.id]) in page
    assert "Try these again" in page
    assert "Try these again" not in auditors
    assert finished.lines[1].msisdn not in page

    response = post(finished, "retry", by=finished.first, step="block", code="BARRED")
    assert (response.status_code, finished.stage) == (303, Stage.RUNNING)


def test_nothing_is_tried_again_where_nothing_failed(ready: Scene) -> None:
    ready.confirmed().start()
    ready.finish()

    with nothing_happens():
        response = post(ready, "retry", by=ready.first)

    assert response.status_code == 409
    assert "No line waits to be tried again." in text(response)
    assert ready.stage is Stage.DONE


# ---------------------------------------------------------------- the report
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_accounts_for_every_row(finished: Scene, language: str) -> None:
    page = text(browser(finished.auditor, language).get(url(finished, "report")))
    plain = re.sub(r"<[^>]*>|\s+", " ", page)

    assert "BARRED" in page
    if language == "en":
        assert "2 lines ended" in plain
        assert "Every row of the list is accounted for" in plain
        assert re.search(r"Together +4 +Rows in the list +4 +", plain)
        assert re.search(r"Decided to be paid back +US\$47\.00", plain)
        assert re.search(r"Sum +US\$0\.00", plain)
        assert "it is genuine" in plain


def test_a_report_that_was_altered_says_so(finished: Scene) -> None:
    kept = finished.run.report
    assert kept is not None
    kept["report"]["outcomes"]["ended"] = 3
    models.Sunset.objects.filter(id=finished.id).update(report=kept)

    page = text(browser(finished.auditor).get(url(finished, "report")))

    assert "Do not rely on this report." in page


def test_both_files_are_downloaded_and_fit_each_other(finished: Scene) -> None:
    client = browser(finished.auditor)
    rows, summary = client.get(url(finished, "csv")), client.get(url(finished, "json"))
    content = rows.getvalue()

    assert rows["Content-Disposition"].startswith("attachment;")
    assert rows["Content-Type"].startswith("text/csv")
    assert json.loads(summary.content)["report"]["csv"]["sha256"] == sha256(content).hexdigest()
    assert "no-store" in rows["Cache-Control"]


@pytest.mark.parametrize("name", ["report", "csv", "json"])
def test_there_is_no_report_before_the_end_nor_for_others(finished: Scene, name: str) -> None:
    other = browser(staff("operator", "bytebrook")).get(url(finished, name))
    models.Sunset.objects.filter(id=finished.id).update(stage="running")

    assert other.status_code == 404
    assert browser(finished.first).get(url(finished, name)).status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    {
        "en": ("Who did what", "Confirmed", "Started", "Lines: 3"),
        "zh-hans": ("操作记录", "确认", "开始", "3 条线路"),
        "zh-hant": ("操作紀錄", "確認", "開始", "3 條線路"),
    }.items(),
)
def test_who_did_what_is_on_the_page_and_in_the_report(
    finished: Scene, language: str, words: tuple[str, ...]
) -> None:
    """O1, R6: each by name, in order; the report shows what it was signed with."""
    names = [who.email.partition("@")[0] for who in (finished.first, finished.second)]

    for name in ("", "report"):
        page = text(browser(finished.auditor, language).get(url(finished, name)))
        told = page[page.index('id="acts-title"') :].partition("</table>")[0]

        assert all(word in told for word in words)
        acts = re.findall(r"<td>([a-z0-9]+)</td>", told)
        assert acts[-3:] == [names[0], names[1], names[0]]
        assert len(acts) == (3 if name else 4)  # who made it stands on the page as well
