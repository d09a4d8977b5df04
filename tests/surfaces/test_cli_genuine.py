"""`signoff genuine`: the same answer at the command line (S1)."""

import json
from pathlib import Path

import pytest

from signoff.cli.main import main


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("https://www.t-mobile.com/", 0, "This belongs to a known carrier"),
        ("https://example.net/", 1, "We cannot confirm this"),
        ("https://t-mobile.com@evil.example/", 3, "Dangerous: leave it alone"),
        ("x" * 5000, 1, "We cannot confirm this"),
        ("a\x00b", 1, "We cannot confirm this"),
    ],
)
def test_the_status_tells_the_verdict(
    text: str, status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["genuine", text]) == status
    assert words in capsys.readouterr().out


def test_a_mail_in_a_file_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail = tmp_path / "letter.eml"
    mail.write_text("From: x@tmobile-refund.example\n\nReply with your PIN.\n", encoding="utf-8")

    status = main(["genuine", str(mail), "--json"])

    told = json.loads(capsys.readouterr().out)
    assert status == 3
    assert (told["kind"], told["verdict"]) == ("mail", "dangerous")
    assert [each["code"] for each in told["findings"]] == ["asks_code"]


def test_findings_are_told_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    main(["genuine", "611", "--language", "zh-Hant"])

    assert "在官方名單上" in capsys.readouterr().out


def test_a_mail_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["genuine", str(tmp_path / "none.eml")]) == 2
    assert "cannot read" in capsys.readouterr().err
