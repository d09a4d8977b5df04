"""Words that end texts, and wishes that end a line, are never mixed up (C6)."""

import pytest

from signoff.domain.incoming_text import Asks, asks, language_of


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop.", " Stop ! ", "ＳＴＯＰ", "STOP ALL", "stopall", "quit", "END", "Revoke",
        "opt out", "Opt-Out", "cancel", "UNSUBSCRIBE", "sotp", "please stop", "STOP please!",
        "退订", "请退订", "退訂", "取消", "TD", "td。", "回复TD", "T", "停止", "拒收", "【退订】",
        "stop texting me", "cancel these alerts", "Don’t text me", "no more messages",
        "别再发短信", "不要再给我发了", "不要再發簡訊", "取消通知", "stop texts about my line",
    ],
)  # fmt: skip
def test_words_against_texts_opt_out_of_texts(text: str) -> None:
    """C6: each word of 47 CFR 64.1200(a)(10), what is usual in Chinese, and plain sentences."""
    assert asks(text) is Asks.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "CLOSE LINE", "cancel my line", "End my service please", "terminate this number",
        "disconnect my phone", "get rid of my SIM", "please close my account",
        "注销", "註銷", "请注销我的号码", "我想销号", "銷戶", "取消我的号码", "退订套餐",
        "這張卡不要了",
        "停机", "终止线路", "我要退租宽带",
    ],
)  # fmt: skip
def test_wishes_about_a_line_are_told_apart(text: str) -> None:
    """C6: a verb that ends and a line it is about; in Chinese a word may hold both."""
    assert asks(text) is Asks.WISH_TO_END


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("START", Asks.OPT_IN),
        ("unstop", Asks.OPT_IN),
        ("恢复短信", Asks.OPT_IN),
        ("HELP", Asks.HELP),
        ("？", Asks.HELP),
        ("帮助", Asks.HELP),
        ("", Asks.OTHER),
        ("...", Asks.OTHER),
        ("hello", Asks.OTHER),
        ("never mind", Asks.OTHER),
        ("the end is near", Asks.OTHER),
        ("weekend", Asks.OTHER),
        ("谢谢", Asks.OTHER),
        ("my line is slow", Asks.OTHER),
    ],
)
def test_everything_else_is_what_it_is(text: str, meant: Asks) -> None:
    """C6."""
    assert asks(text) is meant


@pytest.mark.parametrize(
    ("text", "number", "language"),
    [
        ("STOP", "+12025550111", "en"),
        ("TD", "+8613800138000", "en"),
        ("退订", "+12025550111", "zh-Hans"),
        ("退訂", "+12025550111", "zh-Hant"),
        ("取消", "+886912345678", "zh-Hant"),
        ("取消", "+85291234567", "zh-Hant"),
        ("取消", "+8613800138000", "zh-Hans"),
    ],
)
def test_an_answer_is_in_the_language_of_the_text(text: str, number: str, language: str) -> None:
    """Q5."""
    assert language_of(text, number) == language
