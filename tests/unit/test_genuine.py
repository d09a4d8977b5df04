"""S1: the rules that judge links, senders, mails, numbers and texts, with lists of their own."""

from dataclasses import replace
from datetime import date

import pytest

from signoff.domain.genuine import Answer, Kind, Part, Reason, Verdict, Weight, Why, part, whole
from signoff.domain.genuine_links import Address, HostKind, as_shown, authority, judge_link
from signoff.domain.genuine_lists import (
    BadHost,
    CheatLinks,
    CheatWords,
    Company,
    CompanyKind,
    Cue,
    Lists,
    OfficialHost,
    OfficialNumber,
    OfficialSender,
    Scope,
    Tier,
    within,
)
from signoff.domain.genuine_mail import (
    Anchor,
    Mailbox,
    MailFacts,
    judge_file,
    judge_head,
    judge_sender,
    judged,
    text_differs,
)
from signoff.domain.genuine_names import pretends
from signoff.domain.genuine_phones import Number, judge_number
from signoff.domain.genuine_shapes import mixed, one_off, shape
from signoff.domain.genuine_text import MOST_WORDS, code_of, cues_in, found_in, kind_of
from signoff.domain.policy import Names

DAY = date(2026, 11, 20)
OUR_NAMES = Names(en="Our Brand", zh_hans="我们牌", zh_hant="我們牌")
BIG_NAMES = Names(en="Big Tel", zh_hans="大电信", zh_hant="大電信")
FIT_NAMES = Names(en="Fit", zh_hans="Fit", zh_hant="Fit")


def known(
    name: str, *, scope: Scope = Scope.ALL, path: str = "", tier: Tier = Tier.OWN
) -> OfficialHost:
    return OfficialHost(name, tier, "its site", scope=scope, path=path)


OURS = Company(
    id="ours",
    kind=CompanyKind.OURS,
    names=OUR_NAMES,
    checked=DAY,
    words=("ourbrand",),
    hosts=(known("ourbrand.example"), known("pages.example", scope=Scope.EXACT, path="/ours")),
    numbers=(OfficialNumber("+12025550111", Tier.OWN, "its site"),),
    senders=(OfficialSender("care@mailer.example", Tier.OWN, "its site"),),
)
BIG = Company(
    id="big",
    kind=CompanyKind.CARRIER,
    names=BIG_NAMES,
    checked=DAY,
    words=("bigtel",),
    hosts=(known("bigtel.com"), known("bigtel.net", tier=Tier.MEMORY)),
    numbers=(
        OfficialNumber("+18005550100", Tier.OWN, "its site"),
        OfficialNumber("+18005550999", Tier.UNDATED, "a forum"),
        OfficialNumber("611", Tier.OWN, "its site"),
    ),
    senders=(OfficialSender("@bigmail.example", Tier.OWN, "its site"),),
)
FIT = Company(
    id="fit",
    kind=CompanyKind.SELLER,
    names=FIT_NAMES,
    checked=DAY,
    words=("fit",),
    common=True,
    hosts=(known("fitness.com"),),
    numbers=(
        OfficialNumber("611", Tier.MEMORY, ""),
        OfficialNumber("+18005550999", Tier.MEMORY, ""),
    ),
)
LISTS = Lists(
    companies=(OURS, BIG, FIT),
    links=CheatLinks(
        checked=DAY,
        bad=(BadHost("bad.example", "press"), BadHost("helper.example", "seen", paid_helper=True)),
        shorteners=("short.example",),
        free_hosts=("free.example",),
        free_mail=("freemail.example",),
        bait=("cancel", "sim"),
    ),
    words=CheatWords(
        checked=DAY,
        cues=(
            Cue("asks_code", all=(("code", "验证码"), ("send", "发给")), none=("do not send",)),
            Cue("gift_card", all=(("gift card",),)),
        ),
    ),
    origins=frozenset({"http://127.0.0.1:8000"}),
)


def at(host: str, path: str = "/", *, raw: str = "", base: str = "") -> Address:
    """An address on the web, as a browser would read it."""
    own = base or ".".join(host.split(".")[-2:])
    return Address(
        raw=raw or f"https://{host}{path}",
        scheme="https",
        host=host,
        shown=host,
        base=own,
        kind=HostKind.NAME,
        path=path,
    )


def box(address: str, name: str = "") -> Mailbox:
    return Mailbox(name, address, at(address.rpartition("@")[2]))


def reasons(found: Part | Answer | list[Why]) -> set[Reason]:
    return {why.reason for why in (found if isinstance(found, list) else found.whys)}


# ---------------------------------------------------------------- verdicts
def test_reasons_weigh_what_their_place_says() -> None:
    assert Reason.CODE_KNOWN.weight is Weight.GOOD
    assert Reason.FILE_NOT_OPENED.weight is Weight.NOTE
    assert Reason.CODE_UNKNOWN.weight is Weight.CAUTION
    assert Reason.LOCK_OFF.weight is Weight.DANGER


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([], Verdict.UNKNOWN),
        ([Reason.BELONGS_TO], Verdict.UNKNOWN),
        ([Reason.LISTED_OURS], Verdict.OURS),
        ([Reason.CODE_KNOWN, Reason.FILE_NOT_OPENED], Verdict.OURS),
        ([Reason.LISTED_CARRIER], Verdict.CARRIER),
        ([Reason.LISTED_OURS, Reason.PLAIN_HTTP], Verdict.UNKNOWN),
        ([Reason.LISTED_OURS, Reason.BACKSLASH], Verdict.DANGEROUS),
    ],
)
def test_a_part_is_what_its_findings_come_to(found: list[Reason], verdict: Verdict) -> None:
    assert part(Kind.LINK, "x", whys=map(Why, found)).verdict is verdict


def test_the_gravest_finding_stands_first_and_each_once() -> None:
    whys = [Why(Reason.BELONGS_TO), Why(Reason.BACKSLASH), Why(Reason.BELONGS_TO)]

    found = part(Kind.LINK, "x", whys=whys)

    assert [why.reason for why in found.whys] == [Reason.BACKSLASH, Reason.BELONGS_TO]


def test_the_whole_is_as_good_as_its_worst_part_and_its_own_findings() -> None:
    ours = part(Kind.LINK, "a", whys=[Why(Reason.LISTED_OURS)])
    unknown = part(Kind.LINK, "b", whys=[Why(Reason.NOT_LISTED)])
    beside = judge_file("bill.pdf")

    assert whole(Kind.MAIL, []).verdict is Verdict.UNKNOWN
    assert whole(Kind.MAIL, [ours, beside]).verdict is Verdict.OURS
    assert whole(Kind.MAIL, [ours, unknown]).verdict is Verdict.UNKNOWN
    assert whole(Kind.MAIL, [ours], whys=[Why(Reason.NO_SENDER)]).verdict is Verdict.UNKNOWN
    assert whole(Kind.MAIL, [ours], whys=[Why(Reason.GIFT_CARD)]).verdict is Verdict.DANGEROUS
    assert whole(Kind.MAIL, [ours, judge_file("a.exe")]).verdict is Verdict.DANGEROUS


# ---------------------------------------------------------------- links
def test_a_narrowed_host_is_official_below_its_path_alone() -> None:
    assert judge_link(at("pages.example", "/ours"), lists=LISTS).verdict is Verdict.OURS
    assert judge_link(at("pages.example", "/ours/x"), lists=LISTS).verdict is Verdict.OURS
    assert judge_link(at("pages.example", "/ourselves"), lists=LISTS).verdict is Verdict.UNKNOWN
    assert judge_link(at("a.pages.example", "/ours"), lists=LISTS).verdict is Verdict.UNKNOWN


def test_an_own_address_of_the_installation_is_ours_whatever_it_looks_like() -> None:
    here = Address(
        raw="http://127.0.0.1:8000/x",
        scheme="http",
        host="127.0.0.1",
        shown="127.0.0.1",
        kind=HostKind.NUMBER,
        port=8000,
    )

    assert judge_link(here, lists=LISTS).verdict is Verdict.OURS


def test_what_has_no_host_is_unreadable() -> None:
    nowhere = Address(raw="https://", scheme="https")

    assert reasons(judge_link(nowhere, lists=LISTS)) == {Reason.UNREADABLE}
    assert reasons(judge_link(Address(raw="http//"), lists=LISTS)) == {Reason.UNREADABLE}


def test_other_schemes_are_told_without_reading_tricks_into_them() -> None:
    script = Address(raw="javascript:a\\@b", scheme="javascript")

    assert reasons(judge_link(script, lists=LISTS)) == {Reason.NOT_WEB}


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("x.bad.example", Reason.KNOWN_BAD),
        ("helper.example", Reason.PAID_HELPER),
        ("short.example", Reason.SHORTENER),
        ("me.free.example", Reason.FREE_HOST),
        ("bigtel.net", Reason.UNVERIFIED),
        ("bigtel-cancel.org", Reason.BRAND_AND_BAIT),
        ("bigtelfans.org", Reason.BRAND_INSIDE),
        ("fit-sim.org", Reason.BRAND_AND_BAIT),
        ("bigtel.com.evil.org", Reason.LISTED_INSIDE),
        ("pages-example.evil.org", Reason.LISTED_INSIDE),
        ("bigtel.org", Reason.NEAR_LISTED),
        ("fitness.org", Reason.OTHER_ENDING),
        ("bigte1.com", Reason.SAME_SHAPE),
        ("fitnes.com", Reason.NEAR_LISTED),
        ("ourbrands.example", Reason.ONE_LETTER_OFF),
    ],
)
def test_a_host_is_found_out(host: str, reason: Reason) -> None:
    found = reasons(judge_link(at(host), lists=LISTS))

    if host == "bigtel.org":  # six letters: a whole name under another ending
        assert Reason.WRONG_ENDING in found
    else:
        assert reason in found


def test_common_words_inside_others_mean_nothing() -> None:
    assert reasons(judge_link(at("benefits.org"), lists=LISTS)) == {Reason.NOT_LISTED}


def test_a_target_of_the_same_company_is_no_redirect() -> None:
    inside = at("www.bigtel.com")
    home = replace(at("bigtel.com"), targets=(inside,))
    away = replace(at("bigtel.com"), targets=(at("else.org"),))
    trap = replace(at("bigtel.com"), targets=(at("bad.example"),))

    assert judge_link(home, lists=LISTS).verdict is Verdict.CARRIER
    assert Reason.LEADS_ELSEWHERE in reasons(judge_link(away, lists=LISTS))
    assert judge_link(trap, lists=LISTS).verdict is Verdict.DANGEROUS


def test_the_authority_is_what_a_person_takes_for_the_host() -> None:
    assert authority("https://a@b/c?d") == "a@b"
    assert authority("host:8443/x") == "host:8443"
    assert authority("//a.b#c") == "a.b"


def test_what_is_shown_has_no_hidden_characters_and_an_end() -> None:
    assert as_shown(" a\u200bb\t ") == "a\ufffdb"
    assert len(as_shown("x" * 500)) == 201


def test_a_name_is_within_those_above_it() -> None:
    assert within("a.b.c", ("b.c",)) == "b.c"
    assert within("ab.c", ("b.c",)) == ""


# ---------------------------------------------------------------- shapes
@pytest.mark.parametrize(
    ("first", "second", "off"),
    [
        ("verizon", "verizon", False),
        ("verizon", "verizn", True),
        ("verizon", "verizonn", True),
        ("verizon", "verizom", True),
        ("verizon", "verzion", True),
        ("verizon", "verzino", False),
        ("verizon", "horizon", False),
        ("verizon", "ver", False),
        ("", "a", True),
    ],
)
def test_one_letter_is_a_slip_two_are_another_name(first: str, second: str, off: bool) -> None:
    assert one_off(first, second) is off
    assert one_off(second, first) is off


def test_shapes_are_what_the_eye_reads() -> None:
    assert shape("rnint") == shape("mint")
    assert shape("TÉLLO") == shape("te11o") == shape("t\u0435llo")
    assert mixed("t\u0435llo")
    assert not mixed("中文abc")


# ---------------------------------------------------------------- numbers
@pytest.mark.parametrize(
    ("number", "verdict", "reason"),
    [
        (Number("+1 202-555-0111", "+12025550111"), Verdict.OURS, Reason.NUMBER_CAN_BE_FAKED),
        (Number("+1 800", "+18005550100"), Verdict.CARRIER, Reason.LISTED_CARRIER),
        (Number("611", "611"), Verdict.CARRIER, Reason.LISTED_CARRIER),
        (Number("+1 800", "+18005550999"), Verdict.UNKNOWN, Reason.UNVERIFIED),
        (Number("+1 800", "+18005550101"), Verdict.DANGEROUS, Reason.ONE_DIGIT_OFF),
        (Number("+1 800", "+18005551000"), Verdict.DANGEROUS, Reason.ONE_DIGIT_OFF),
        (Number("+1 800", "+18005550011"), Verdict.UNKNOWN, Reason.NOT_LISTED),
        (Number("612", "612"), Verdict.UNKNOWN, Reason.NOT_LISTED),
        (Number("900", "+19005550000", premium=True), Verdict.DANGEROUS, Reason.PREMIUM_NUMBER),
        (Number("876", "+18765550000", region="JM"), Verdict.UNKNOWN, Reason.COSTLY_COUNTRY),
        (Number("400", "+14005550000", valid=False), Verdict.UNKNOWN, Reason.NO_SUCH_NUMBER),
        (Number("206", "+12065550000", region="US"), Verdict.UNKNOWN, Reason.NOT_LISTED),
    ],
)
def test_a_number_is_judged(number: Number, verdict: Verdict, reason: Reason) -> None:
    found = judge_number(number, lists=LISTS)

    assert found.verdict is verdict
    assert reason in reasons(found)


# ---------------------------------------------------------------- senders and mails
@pytest.mark.parametrize(
    ("sender", "verdict", "reason"),
    [
        (box("care@mailer.example"), Verdict.OURS, Reason.FROM_CAN_BE_FORGED),
        (box("other@mailer.example"), Verdict.UNKNOWN, Reason.NOT_LISTED),
        (box("x@bigmail.example"), Verdict.CARRIER, Reason.LISTED_CARRIER),
        (box("x@news.bigtel.com", "Big Tel"), Verdict.CARRIER, Reason.LISTED_CARRIER),
        (box("x@news.bigtel.com", "Our Brand"), Verdict.DANGEROUS, Reason.NAME_PRETENDS),
        (box("x@bigtel.net"), Verdict.UNKNOWN, Reason.UNVERIFIED),
        (box("x@pages.example"), Verdict.UNKNOWN, Reason.NOT_LISTED),
        (box("x@else.org", "Big Tel Care"), Verdict.DANGEROUS, Reason.NAME_PRETENDS),
        (box("x@else.org", "bigtel.com"), Verdict.DANGEROUS, Reason.NAME_PRETENDS),
        (box("x@else.org", "大电信客服"), Verdict.DANGEROUS, Reason.NAME_PRETENDS),
        (box("x@else.org", "Fit"), Verdict.DANGEROUS, Reason.NAME_PRETENDS),
        (box("x@else.org", "Ann"), Verdict.UNKNOWN, Reason.NOT_LISTED),
        (box("x@freemail.example"), Verdict.UNKNOWN, Reason.FREE_MAIL),
        (box("bigtel-care@freemail.example"), Verdict.DANGEROUS, Reason.NAME_PRETENDS),
        (box("x@bad.example"), Verdict.DANGEROUS, Reason.KNOWN_BAD),
        (box("x@helper.example"), Verdict.UNKNOWN, Reason.PAID_HELPER),
        (box("x@bigtel.com.evil.org"), Verdict.DANGEROUS, Reason.LISTED_INSIDE),
        (box("x\u200b@else.org"), Verdict.DANGEROUS, Reason.HIDDEN_CHARACTERS),
        (Mailbox("", "x", Address(raw="")), Verdict.UNKNOWN, Reason.UNREADABLE),
    ],
)
def test_a_sender_is_judged(sender: Mailbox, verdict: Verdict, reason: Reason) -> None:
    found = judge_sender(sender, lists=LISTS)

    assert reason in reasons(found)
    assert found.verdict is verdict


def test_a_common_word_in_a_display_name_is_no_pretence() -> None:
    assert pretends("Get Fit Today", lists=LISTS) is None
    assert pretends("Fit Cancel Desk", lists=LISTS) is not None
    assert pretends("fitness.com desk", lists=LISTS) is not None
    assert pretends("大电信 客服", lists=LISTS) is not None
    assert pretends("", lists=LISTS) is None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (MailFacts(senders=()), {Reason.NO_SENDER}),
        (
            MailFacts((), reply_to=(box("a@b.org"),), return_path=(box("a@b.org"),)),
            {Reason.NO_SENDER},
        ),
        (MailFacts((box("a@bigtel.com"), box("b@else.org"))), {Reason.SEVERAL_SENDERS}),
        (MailFacts((box("a@bigtel.com"),), reply_to=(box("b@x.bigtel.com"),)), set()),
        (MailFacts((box("a@bigtel.com"),), reply_to=(box("b@bigmail.example"),)), set()),
        (
            MailFacts((box("a@bigtel.com"),), reply_to=(box("b@else.org"),)),
            {Reason.REPLY_ELSEWHERE},
        ),
        (MailFacts((box("a@some.org"),), reply_to=(box("b@else.org"),)), {Reason.REPLY_OTHER}),
        (
            MailFacts((box("a@some.org"),), return_path=(box("b@else.org"),)),
            {Reason.RETURN_ELSEWHERE},
        ),
        (MailFacts((box("a@some.org"),), return_path=(box("b@some.org"),)), set()),
        (MailFacts((box("a@bigtel.com"),), checks=(("dmarc", "fail"),)), {Reason.FORGED_SENDER}),
        (MailFacts((box("a@some.org"),), checks=(("dmarc", "fail"),)), {Reason.CHECKS_FAILED}),
        (MailFacts((box("a@some.org"),), checks=(("spf", "fail"),)), {Reason.CHECKS_FAILED}),
        (MailFacts((box("a@some.org"),), checks=(("spf", "fail"), ("dkim", "pass"))), set()),
        (MailFacts((box("a@some.org"),), checks=(("dmarc", "pass"),)), {Reason.CHECKS_PASSED}),
    ],
)
def test_the_head_of_a_mail_is_judged(facts: MailFacts, expected: set[Reason]) -> None:
    assert reasons(list(judge_head(facts, lists=LISTS))) == expected


def test_a_link_must_lead_where_it_says() -> None:
    evil, big = at("evil.org"), at("www.bigtel.com")

    lying = text_differs(Anchor(evil, big), lists=LISTS)

    assert lying is not None
    assert (lying.reason, lying.about) == (Reason.TEXT_DIFFERS, "bigtel.com")
    assert text_differs(Anchor(at("bigtel.com"), big), lists=LISTS) is None
    assert text_differs(Anchor(evil, at("else.org")), lists=LISTS) is None
    assert text_differs(Anchor(evil), lists=LISTS) is None
    assert text_differs(Anchor(at("ourbrand.example"), big), lists=LISTS) is not None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bill.pdf", Reason.FILE_NOT_OPENED),
        ("bill", Reason.FILE_NOT_OPENED),
        ("bill.pdf.HTML", Reason.RISKY_FILE),
        ("bill.exe. ", Reason.RISKY_FILE),
        ("bill\u202efdp.txt", Reason.RISKY_FILE),
        ("bills.zip", Reason.PACKED_FILE),
    ],
)
def test_an_attachment_is_judged_by_its_name(name: str, reason: Reason) -> None:
    assert reasons(judge_file(name)) == {reason}


def test_a_sender_alone_proves_nothing() -> None:
    sender = judge_sender(box("care@mailer.example"), lists=LISTS)
    link = judge_link(at("ourbrand.example"), lists=LISTS)

    assert reasons(judged([sender], [])) == {Reason.ONLY_SENDER}
    assert judged([sender, link], []) == []
    assert judged([], []) == []


# ---------------------------------------------------------------- texts
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ABCD-EFGH-JKMN", Kind.CODE),
        ("abcdefghjkmn", Kind.CODE),
        ("ABCD EFGH JKMN", Kind.CODE),
        ("2345-6789-2345", Kind.CODE),
        ("234567892345", Kind.PHONE),
        ("From: a@b.c\nSubject: x\n\nHi", Kind.MAIL),
        ("From a@b.c Mon\nFrom: a@b.c\nTo: d@e.f\n\nHi", Kind.MAIL),
        ("Hello\nFrom: a@b.c\nSubject: x\n\nHi", Kind.MESSAGE),
        ("From: me, with love", Kind.MESSAGE),
        ("https://a.b/c", Kind.LINK),
        ("ht\ntps://a.b/c", Kind.LINK),
        ("https://a.b/c or not", Kind.MESSAGE),
        ("what://ever", Kind.LINK),
        ("//a.be", Kind.LINK),
        ("javascript:alert(1)", Kind.LINK),
        ("tel:+1611", Kind.LINK),
        ("a.b.com/x@y", Kind.LINK),
        ("a@b.com/x", Kind.LINK),
        ("a@b.com", Kind.SENDER),
        ("611", Kind.PHONE),
        ("*611", Kind.PHONE),
        ("+1 (202) 555-0111", Kind.PHONE),
        ("１３８ ００００ ００００", Kind.PHONE),
        ("12", Kind.MESSAGE),
        ("code:123456", Kind.MESSAGE),
        ("Hello there.", Kind.MESSAGE),
        ("3.50", Kind.MESSAGE),
        ("e.g.", Kind.MESSAGE),
        ("", Kind.MESSAGE),
    ],
)
def test_what_was_pasted_is_recognised(text: str, kind: Kind) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize(
    "text", ["", "ABCD-EFGH-JKM", "ABCD-EFGH-JKM0", "A" * 41, "ABCD.EFGH.JKMN"]
)
def test_what_is_no_code_is_none(text: str) -> None:
    assert code_of(text) == ""


def test_a_code_is_read_however_it_was_typed() -> None:
    for typed in (
        "abcd-efgh-jkmn",
        " ABCDEFGHJKMN ",
        "ＡＢＣＤ－ＥＦＧＨ－ＪＫＭＮ",
        "abcd—efgh—jkmn",
    ):
        assert code_of(typed) == "ABCD-EFGH-JKMN"


def test_a_text_holds_each_thing_once_and_in_order() -> None:
    text = (
        "您好，请访问https://a.example/x办理，或 (https://b.example/y). 官网bigtel.com。"
        "Mail care@bigtel.com or call +1 202-555-0111, since 2026-11-20 12:00, code "
        "ABCD-EFGH-JKMN; https://a.example/x again, https://中文.example/ too, order "
        "12345678901234567890, 3.50 USD."
    )

    found = found_in(text, most=9)

    assert found.links == (
        "https://a.example/x", "https://b.example/y", "bigtel.com", "https://中文.example/",
    )  # fmt: skip
    assert found.addresses == ("care@bigtel.com",)
    assert found.numbers == ("+1 202-555-0111",)
    assert found.codes == ("ABCD-EFGH-JKMN",)


def test_of_each_kind_no_more_than_asked_are_taken() -> None:
    text = " ".join(f"https://a{n}.example" for n in range(20))

    assert len(found_in(text, most=3).links) == 3


def cues(text: str) -> set[Reason]:
    return {why.reason for why in cues_in(text, words=LISTS.words)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Please send us the code.", {Reason.ASKS_CODE}),
        ("Please SEND us\u200b the CODE! Send the code.", {Reason.ASKS_CODE}),
        ("把验证码发给我", {Reason.ASKS_CODE}),
        ("Your code is 1. We send greetings.", set()),
        ("Do not send anybody your code.", set()),
        ("We sender decoded nothing", set()),
        ("encode and send", set()),
        (
            "A sentence that is long enough to be wrapped: please send us\nthe code",
            {Reason.ASKS_CODE},
        ),
        ("Buy a gift card. Send the code.", {Reason.ASKS_CODE, Reason.GIFT_CARD}),
        ("decode code, send", {Reason.ASKS_CODE}),
        ("", set()),
    ],
)
def test_signs_of_a_cheat_are_seen_within_a_sentence(text: str, expected: set[Reason]) -> None:
    assert cues(text) == expected


def test_what_is_too_long_is_said_to_be_read_in_part() -> None:
    assert cues("Send the code. " * 3200) == {Reason.ASKS_CODE, Reason.NOT_ALL_READ}
    assert cues("x" * MOST_WORDS + " Send the code.") == set()
