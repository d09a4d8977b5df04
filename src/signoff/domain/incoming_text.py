"""What a text message somebody sent us asks for (C6).

Words that end *texts* and wishes that end a *line* are kept apart: nobody loses a number over the
word STOP. The words of US law are 47 CFR 64.1200(a)(10): stop, quit, end, revoke, opt out, cancel
and unsubscribe, each alone; in China TD and 退订 are usual.
"""

import re
import unicodedata
from enum import StrEnum


class Asks(StrEnum):
    """What a text asks for. None of them does anything to a line."""

    OPT_OUT = "opt_out"
    """No more texts to this number."""
    OPT_IN = "opt_in"
    """Texts to this number again."""
    HELP = "help"
    WISH_TO_END = "wish_to_end"
    """A line is to end: answered with where to do it."""
    OTHER = "other"


_OPT_OUT = re.compile(
    r"stop(?: ?all| it| now)?|quit|end|revoke|opt[ -]?out|cancel|unsub(?:scribe)?"
    r"|stopp|stpo|sotp|unsubscibe|unsuscribe|arret"
    r"|(?:回复|回覆|回)?td|t|退订|退訂|取消(?:订阅|訂閱)?|停止|拒收"
)
_OPT_IN = re.compile(
    r"start|unstop|opt[ -]?in|resume|subscribe|订阅|訂閱|恢复短信|恢復簡訊|恢復短訊"
)
_HELP = re.compile(r"help|info|\?|帮助|幫助|说明|說明|客服|人工")
_LINE_ENDS = re.compile(r"注销|註銷|销户|銷戶|销号|銷號|销卡|銷卡|停机|停機|退网|退網")
"""Alone, these are about a line and never about texts."""

_SILENCE = re.compile(
    r"\b(?:don'?t|do not|no more|never)\b.*\b(?:text|texts|message|messages|sms)\b"
    r"|(?:别|別|不要|勿)再?(?:给我|給我)?再?(?:发|發|传|傳)"
)
_ENDS = re.compile(
    r"\b(?:end|ends|ending|cancel\w*|close|closing|terminat\w+|disconnect\w*|deactivat\w+|stop|"
    r"quit|leave|drop|remove|delete|get rid of|shut off|turn off|switch off)\b"
    r"|注销|註銷|销户|銷戶|销号|銷號|销卡|銷卡|终止|終止|取消|停用|停机|停機|退订|退訂|退网|退網|退卡|"
    r"关掉|關掉|关闭|關閉|不要了|不用了|解约|解約|退租"
)
_LINE = re.compile(
    r"\b(?:lines?|numbers?|plans?|services?|accounts?|sim|esim|cards?|phones?|contracts?|"
    r"subscriptions?|internet|wi-?fi)\b"
    r"|号|號|卡|线路|線路|套餐|方案|宽带|寬頻|网络|網路|服务|服務|账户|帳戶|合约|合約|门号|門號"
)
_TEXTS = re.compile(
    r"\b(?:texts?|texting|sms|messages?|messaging|notifications?|alerts?|contacting|spam)\b"
    r"|短信|短訊|简讯|簡訊|讯息|訊息|消息|通知|信息|资讯|資訊|骚扰|騷擾"
)
_ALONE = (
    (_OPT_OUT, Asks.OPT_OUT),
    (_OPT_IN, Asks.OPT_IN),
    (_HELP, Asks.HELP),
    (_LINE_ENDS, Asks.WISH_TO_END),
)

_MARKS = " \t\r\n.!。！,，、;；:：\"'“”‘’「」『』()（）[]【】*~～-–—_/…"


def asks(text: str) -> Asks:
    """What a text asks for; texts and line in one sentence is taken as what ends less: texts."""
    said = _normal(text)
    for words, answer in _ALONE:
        if words.fullmatch(said):
            return answer
    if _SILENCE.search(said):
        return Asks.OPT_OUT
    if not _ENDS.search(said):
        return Asks.OTHER
    if _TEXTS.search(said):
        return Asks.OPT_OUT
    return Asks.WISH_TO_END if _LINE.search(said) else Asks.OTHER


def language_of(text: str, number: str) -> str:
    """The language to answer in: that of the text; traditional characters where those are read."""
    if not re.search(r"[\u3400-\u9fff]", text):
        return "en"
    if number.startswith(("+886", "+852", "+853")) or any(char in _TRADITIONAL for char in text):
        return "zh-Hant"
    return "zh-Hans"


_TRADITIONAL = frozenset("訂號註銷終線閱訊簡門碼話說復覆啟動幫發別寬網頻務帳戶約關機請們這個對電")
"""Characters that only traditional writing has, of words people use here."""


def _normal(text: str) -> str:
    """Small letters, full-width forms made plain, one space between words, no marks or please."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    bare = _PLEASE.sub("", re.sub(r"\s+", " ", folded.strip(_MARKS))).strip(_MARKS)
    return bare or folded.strip()


_PLEASE = re.compile(
    r"^(?:please|pls|plz|请|請)\b ?|(?:请|請)|\b(?:please|pls|plz|thanks|thank you)$"
)
