"""The demo's mailbox: every mail that was sent, as plain text, whatever was in it."""

import mailbox
import os
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

pytestmark = [pytest.mark.urls("surfaces.demo_urls"), pytest.mark.django_db]

Deliver = Callable[..., str]


@pytest.fixture
def deliver(tmp_path: Path, settings: Any) -> Deliver:
    """Puts a mail into the Maildir as the demo's mail server does; gives its page's address."""
    settings.SIGNOFF_HOME = tmp_path
    box = mailbox.Maildir(tmp_path / "mailbox", create=True)
    count = 0

    def put(raw: bytes | EmailMessage) -> str:
        nonlocal count
        key = box.add(raw.as_bytes() if isinstance(raw, EmailMessage) else raw)
        count += 1
        os.utime(tmp_path / "mailbox" / "new" / key, (1_790_000_000 + count,) * 2)
        page = Client().get("/demo/mailbox").content.decode()
        return page.partition('href="/demo/mailbox/')[2].partition('"')[0]

    return put


def letter(**parts: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = parts.get("subject", "终止证明：线路 ··· 0142 已终止")
    message["To"] = parts.get("to", "lin.xiaoyu@example.com")
    message["From"] = "care@signoff.example"
    message.set_content(parts.get("text", "您好：\n\nhttp://127.0.0.1:8000/cases/7\n"))
    return message


def page(address: str) -> Any:
    return Client(headers={"accept-language": "en"}).get(f"/demo/mailbox/{address}")


def test_an_empty_mailbox_says_what_will_come(tmp_path: Path, settings: Any) -> None:
    settings.SIGNOFF_HOME = tmp_path / "not there"

    response = Client(headers={"accept-language": "en"}).get("/demo/mailbox")

    assert "No mail yet." in response.content.decode()
    assert not (tmp_path / "not there").exists()


def test_the_newest_mail_comes_first(deliver: Deliver) -> None:
    for subject in ("first", "second", "third"):
        deliver(letter(subject=subject))

    shown = Client().get("/demo/mailbox").content.decode()

    assert shown.index("third") < shown.index("second") < shown.index("first")


def test_a_mail_is_shown_with_links_that_can_be_followed(deliver: Deliver) -> None:
    shown = page(deliver(letter())).content.decode()

    assert "终止证明：线路 ··· 0142 已终止" in shown
    assert "lin.xiaoyu@example.com" in shown
    assert '<a href="http://127.0.0.1:8000/cases/7" rel="nofollow">' in shown


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        'http://x.example/"onmouseover="alert(1)',
        "javascript:alert(1)",
        "{{ settings.SECRET_KEY }}{% debug %}",
    ],
)
def test_nothing_in_a_mail_becomes_markup(deliver: Deliver, evil: str) -> None:
    shown = page(deliver(letter(subject=evil, text=evil, to="a@example.com"))).content.decode()

    assert "<script>alert" not in shown
    assert "<img" not in shown
    assert 'onmouseover="alert' not in shown
    assert 'href="javascript' not in shown
    assert settings.SECRET_KEY not in shown


def test_a_mail_of_html_alone_shows_no_html(deliver: Deliver) -> None:
    message = letter()
    message.set_content("<h1>Pay now</h1>", subtype="html")

    assert "Pay now" not in page(deliver(message)).content.decode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"Subject: =?utf-8?b?////?=\r\nTo: <<<>>>\r\n\r\nx",
        b"Subject: x\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n",
        b"To: \xe6\x9e\x97\r\nFrom: @\r\nSubject: \xff\r\n\r\nx",
    ],
)
def test_a_broken_mail_still_has_a_page(deliver: Deliver, raw: bytes) -> None:
    assert page(deliver(raw)).status_code == 200


def test_an_attachment_is_downloaded_never_opened(deliver: Deliver) -> None:
    message = letter()
    message.add_attachment(
        b"<script>alert(1)</script>", maintype="text", subtype="html", filename='../../收据".html'
    )
    address = deliver(message)

    shown = page(address).content.decode()
    response = page(f"{address}/0")

    assert "receipt" not in shown
    assert f'href="/demo/mailbox/{address}/0"' in shown
    assert response.content == b"<script>alert(1)</script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert "/" not in response["Content-Disposition"]
    assert response["Content-Disposition"].count('"') == 2
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["nothing", "0" * 20, "..%2f..%2fsecret", "new"])
def test_an_address_never_becomes_a_path(deliver: Deliver, address: str) -> None:
    deliver(letter())

    assert page(address).status_code == 404


def test_a_missing_attachment_is_not_found(deliver: Deliver) -> None:
    assert page(f"{deliver(letter())}/7").status_code == 404


@pytest.mark.urls("signoff.config.urls")
def test_without_the_demo_there_is_no_mailbox() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("demo_mailbox:listing")
    with pytest.raises(Exception, match="demo/mailbox"):
        resolve("/demo/mailbox")
