"""K3: a bad policy file is refused with file, line, reason and what to write instead."""

import pickle
import shutil
from pathlib import Path

import pytest

from signoff.usecases.policies import (
    SHIPPED,
    PolicyBook,
    PolicyProblems,
    Problem,
    load_policy_book,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped files, to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "policies"))


def spoil(file: Path, old: str, new: str) -> int:
    """Puts `new` for the first `old`, which must be there; says on which line."""
    text = file.read_text()
    before, found, after = text.partition(old)
    assert found, old
    file.write_text(before + new + after)
    return before.count("\n") + 1


def problems(folder: Path) -> list[Problem]:
    with pytest.raises(PolicyProblems) as caught:
        load_policy_book(folder)
    return list(caught.value.problems)


BRAND_MISTAKES = [
    # what is wrong; brand; the right text; the wrong one; where; what; instead
    ("a missing value", "farwander", 'kind = "travel"\n', "",
     "kind", "is missing", 'kind = "travel" or "data" or "unlimited" or "calling" or "internet"'),
    ("a missing list", "farwander", 'numbers = ["release", "port"]\n', "",
     "numbers", "is missing", 'numbers = ["release" or "port" or "park"]'),
    ("a missing amount", "boundlark", "amount = { minor = 1000, currency = \"USD\" }\n", "",
     "fees[0].amount", "is missing", 'amount = { minor = 1250, currency = "USD" }'),
    ("a missing table", "farwander", '[balance]\nchoices = ["refund", "move"]', "",
     "balance", "is missing", 'balance = { choices = ["refund" or "move" or "forfeit"] }'),
    ("a misspelt name", "farwander", "restore_days", "restore_day",
     "restore_day", "is not known here", "restore_days"),
    ("a name from nowhere", "farwander", "[balance]\n", "[balance]\nxyzzy = 1\n",
     "balance.xyzzy", "is not known here",
     "one of choices, refund_fee, forfeit_after_days"),
    ("a misspelt choice", "farwander", '"refund", "move"', '"refund", "mov"',
     "balance.choices[1]", '"mov" is none of the choices', '"move"'),
    ("a choice from nowhere", "farwander", 'proration = "none"', 'proration = "hourly"',
     "proration", '"hourly" is none of the choices', '"none" or "daily"'),
    ("a text nobody wrote", "farwander", '"declared", "ended"', '"declared", "closed"',
     "notices.sms[1]", "no notice closed goes as a text message", '"declared", "ended"'),
    ("a text named twice", "farwander", '"declared", "ended"', '"ended", "ended"',
     "notices.sms[1]", "names a notice twice", "each notice once"),
    ("an answer that is no notice", "farwander", '"declared", "ended"', '"text_help"',
     "notices.sms[0]", "no notice text_help goes as a text message", '"declared", "ended"'),
    ("a medium from nowhere", "farwander", "sms = [", "pigeon = [",
     "notices.pigeon", "is not known here", "one of sms"),
    ("a number in quotes", "farwander", "restore_days = 14", 'restore_days = "14"',
     "restore_days", '"14" is not a whole number', "14"),
    ("a fraction", "farwander", "restore_days = 14", "restore_days = 14.5",
     "restore_days", "14.5 is not a whole number", "1"),
    ("a yes in quotes", "boundlark", "by_agent = true", 'by_agent = "true"',
     "review.by_agent", '"true" is not true or false', "true"),
    ("a number for text", "farwander", 'version = "2026-11-01"', "version = 2026",
     "version", "2026 is not text in quotes", '"2026"'),
    ("text for a list", "farwander", 'carriers = ["wholesale", "tmobile"]', 'carriers = "tmobile"',
     "carriers", '"tmobile" is not a list in [ ]', '["tmobile"]'),
    ("a number for an amount", "bytebrook", '{ minor = 100, currency = "USD" }', "100",
     "balance.refund_fee", "100 is not an amount", '{ minor = 1250, currency = "USD" }'),
    ("a currency in small letters", "bytebrook", 'minor = 100, currency = "USD"',
     'minor = 100, currency = "usd"', "balance.refund_fee",
     "currency must be three capital letters, for instance USD",
     '{ minor = 1250, currency = "USD" }'),
    ("text for a table", "farwander", '[balance]\nchoices = ["refund", "move"]\n', "",
     "balance", "is missing", 'balance = { choices = ["refund" or "move" or "forfeit"] }'),
    ("a brand of another file", "farwander", 'brand = "farwander"', 'brand = "wavequill"',
     "brand", "brand must be the file's name, in small letters, digits and hyphens",
     'brand = "farwander"'),
    ("a version that is no date", "farwander", '"2026-11-01"', '"v1"',
     "version", "is no version", 'the day it was written, for instance "2026-11-01"'),
    ("an empty name", "farwander", 'zh_hans = "遥程远游卡"', 'zh_hans = " "',
     "names.zh_hans", "is empty", "the name as readers of this language know it"),
    ("no operator", "farwander", '"Farwander Telecom LLC (fictional)"', '""',
     "operator", "is empty", "the legal entity behind the brand"),
    ("a carrier nobody knows", "farwander", '"wholesale", "tmobile"', '"wholesale", "tmobil"',
     "carriers[1]", "no carrier is called tmobil", '"tmobile", "att", "verizon", "wholesale"'),
    ("no channel", "farwander", '["web", "hotline", "email", "social"]', "[]",
     "channels", "is empty", "at least one entry"),
    ("a channel twice", "farwander", '"web", "hotline"', '"web", "web"',
     "channels", "names an entry twice", "each entry once"),
    ("an e-mail that is none", "farwander", "care@farwander.example", "farwander.example",
     "contact.email", "cannot be read", '"care@brand.example"'),
    ("a phone without country", "farwander", "+12025550111", "2025550111",
     "contact.phone", "cannot be read", '"+12025550111", with + and country code'),
    ("a site without https", "farwander", "https://www", "http://www",
     "contact.site", "cannot be read", '"https://www.brand.example"'),
    ("hours in words", "farwander", "Mo-Su 00:00-24:00", "always",
     "contact.hours", "cannot be read", '"Mo-Fr 09:00-18:00", several parted by "; "'),
    ("a time zone that is none", "farwander", "America/Los_Angeles", "America/Hollywood",
     "time_zone", "there is no 'America/Hollywood'", '"America/New_York"'),
    ("a time zone that is a path", "farwander", "America/Los_Angeles", "../etc",
     "time_zone", "there is no '../etc'", '"America/New_York"'),
    ("a restore window beyond number ageing", "farwander", "restore_days = 14",
     "restore_days = 46", "restore_days", "46 is out of range", "a number from 0 to 45"),
    ("a refund after months", "farwander", "refund_days = 7", "refund_days = 61",
     "refund_days", "61 is out of range", "a number from 1 to 60"),
    ("a watch without end", "farwander", "watch_cycles = 2", "watch_cycles = 13",
     "watch_cycles", "13 is out of range", "a number from 0 to 12"),
    ("a link for no time", "wavequill", "within_hours = 24", "within_hours = 0",
     "confirmation.within_hours", "0 is out of range", "a number from 1 to 720"),
    ("a link for ever", "wavequill", "within_hours = 24", "within_hours = 721",
     "confirmation.within_hours", "721 is out of range", "a number from 1 to 720"),
    ("a pause without days", "bytebrook", "max_days = 90", "max_days = 0",
     "pause.max_days", "0 is out of range", "a number from 1 to 365"),
    ("a pause that pays", "bytebrook", "monthly_fee = { minor = 200", "monthly_fee = { minor = -2",
     "pause.monthly_fee", "is below zero", "an amount of zero or more"),
    ("a review without a promise", "tellmagpie", "business_days = 1", "business_days = 0",
     "review.business_days", "an agent reviews, but no time is promised",
     "business_days = 1 or more"),
    ("a promise without a review", "tellmagpie", "by_agent = true", "by_agent = false",
     "review.business_days", "nobody reviews, so there is no time to promise",
     "by_agent = true, or 0 days"),
    ("a document nobody looks at", "boundlark", "by_agent = true\nbusiness_days = 2", "",
     "identity", "a document is asked for, but no agent looks at it",
     'identity = "login", or by_agent = true under [review]'),
    ("forfeiting first", "tellmagpie", '["move", "forfeit"]', '["forfeit", "move"]',
     "balance.choices[0]", "forfeiting must never be the first choice", '"move" first'),
    ("a move and nothing else", "farwander", '["refund", "move"]', '["move"]',
     "balance.choices", "who has no line to move to has no choice",
     '["move", "refund"] or ["move", "forfeit"]'),
    ("days that save nothing", "tellmagpie", '["move", "forfeit"]', '["forfeit"]',
     "balance.forfeit_after_days", "there is nothing to do before these days are over",
     '0, or "move" or "refund" among choices'),
    ("a refund fee without a refund", "bytebrook", '["refund"]', '["move", "forfeit"]',
     "balance.refund_fee", "nothing is refunded", 'no refund_fee, or "refund" among choices'),
    ("a refund fee of nothing", "bytebrook", "minor = 100", "minor = 0",
     "balance.refund_fee", "is no fee", "an amount above zero, or no refund_fee"),
    ("a fee without a code", "boundlark", '"early_leaving"', '"Early leaving!"',
     "fees[0].code", "is no code of its own", '"early_leaving"'),
    ("a fee of nothing", "boundlark", "minor = 1000,", "minor = 0,",
     "fees[0].amount", "is no fee", "an amount above zero"),
    ("a cap below a month", "boundlark", "minor = 12000", "minor = 999",
     "fees[0].cap", "is below one month's fee", "at least the amount"),
    ("a cap on a flat fee", "boundlark", '"per_month_left"', '"in_contract"',
     "fees[0].cap", "only a fee per month left can have a cap",
     'no cap, or rule = "per_month_left"'),
    ("two currencies", "boundlark", 'minor = 1500, currency = "USD"',
     'minor = 1500, currency = "EUR"', "fees[0].amount.currency",
     "is in USD, another amount is in EUR", '"EUR" everywhere'),
]  # fmt: skip

PLACE_MISTAKES = [
    ("a debt that blocks where it may not", "us-mn", 'debt = "owed"', 'debt = "operator"',
     "debt", "a debt may not hold up the end here", 'debt = "owed"'),
    ("the same in Germany", "de", 'debt = "owed"', 'debt = "operator"',
     "debt", "a debt may not hold up the end here", 'debt = "owed"'),
    ("a document in Germany", "de", 'documents = "never"', 'documents = "risk"',
     "documents", "no document may be asked for here", 'documents = "never"'),
    ("an offer in the way in Minnesota", "us-mn", 'save_offer = "after"',
     'save_offer = "simultaneous"', "save_offer",
     "offers are allowed only after the line was cancelled", 'save_offer = "after"'),
    ("other words on the German door", "de", "jetzt kündigen", "Jetzt kündigen!",
     "door", "these are not the labels of the law", "Verträge hier kündigen and jetzt kündigen"),
    ("half a door", "us-default", 'step2 = "Confirm cancellation"\n', "",
     "door", "one of the two labels is missing", 'both step1 = "..." and step2 = "..."'),
    ("a parent that is not there", "us-ny", 'extends = "us-default"', 'extends = "us"',
     "extends", "there is no profile 'us' to extend, or it extends this one",
     '"cn-info" or "de" or "eu-default" or "uk" or "us-ca" or "us-default" or "us-ma" or "us-mn"'),
    ("an id of another file", "us-ny", 'id = "us-ny"', 'id = "us-nj"',
     "id", "id must be the file's name", 'id = "us-ny"'),
    ("an empty name", "us-ny", 'en = "New York"', 'en = ""',
     "names.en", "is empty", "the name as readers of this language know it"),
    ("a value without a source", "us-ny", 'debt = { confidence = "unverified" }', "",
     "debt", "has no entry under [sources]", 'debt = { confidence = "policy" } under [sources]'),
    ("law without a source", "us-mn",
     'save_offer = { confidence = "verified", refs = [22, 23] }',
     'save_offer = { confidence = "verified" }', "sources.save_offer",
     "verified needs the numbers of its sources, and only verified has them",
     '{ confidence = "verified", refs = [17] } or { confidence = "policy" }'),
    ("a day that is none", "us-ny", "checked_on = 2026-11-20", 'checked_on = "lately"',
     "checked_on", '"lately" is not a date', "2026-11-20"),
    ("no day of checking", "us-ny", "checked_on = 2026-11-20\n", "",
     "checked_on", "is missing", "checked_on = 2026-11-20"),
    ("an answer after minutes", "de", "acknowledge_seconds = 60", "acknowledge_seconds = 600",
     "acknowledge_seconds", "600 is out of range", "a number from 1 to 60"),
    ("numbers given away too soon", "us-default", "number_age_days = 45", "number_age_days = 44",
     "number_age_days", "44 is out of range", "a number from 45 to 365"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "brand", "right", "wrong", "where", "what", "instead"), BRAND_MISTAKES
)
def test_a_mistake_in_a_brand_is_told(
    folder: Path,
    _case: str,
    brand: str,
    right: str,
    wrong: str,
    where: str,
    what: str,
    instead: str,
) -> None:
    file = folder / "brands" / f"{brand}.toml"
    spoil(file, right, wrong)

    found = [each for each in problems(folder) if each.where == where]

    assert [(each.file, each.what, each.instead) for each in found] == [(file, what, instead)]
    assert found[0].line == _line(file, where)


@pytest.mark.parametrize(
    ("_case", "place", "right", "wrong", "where", "what", "instead"), PLACE_MISTAKES
)
def test_a_mistake_in_a_place_is_told(
    folder: Path,
    _case: str,
    place: str,
    right: str,
    wrong: str,
    where: str,
    what: str,
    instead: str,
) -> None:
    file = folder / "jurisdictions" / f"{place}.toml"
    spoil(file, right, wrong)

    found = [each for each in problems(folder) if each.file == file and each.where == where]

    assert [(each.what, each.instead) for each in found] == [(what, instead)]
    assert found[0].line == _line(file, where)


def _line(file: Path, where: str) -> int:
    """The line a reader would point at: the value's own, or its table's, or the first."""
    rows = file.read_text().split("\n")
    *tables, name = where.replace("[", ".").replace("]", "").split(".")
    names = [each for each in (*tables, name) if not each.isdigit()]
    start = 0
    for table in names[:-1]:
        heads = [n for n, row in enumerate(rows) if row in {f"[{table}]", f"[[{table}]]"}]
        start = heads[0] if heads else start
    for wanted in reversed(names):
        for number in range(start, len(rows)):
            if rows[number].startswith((f"{wanted} =", f"[{wanted}]", f"[[{wanted}]]")):
                return number + 1
    return start + 1


SYNTAX = [
    ("a text without its quote", 'kind = "travel', 'kind = "travel"', "Illegal character '\\n'"),
    ("a text without quotes", "kind = travel", 'kind = "travel"', "Invalid value"),
    ("a colon", 'kind: "travel"', 'kind = "travel"',
     "Expected '=' after a key in a key/value pair"),
    ("a name twice", 'kind = "travel"\nkind = "data"', "kind once only",
     "Cannot overwrite a value"),
    ("prose", "this is a travel card",
     'one name = "value" a line; text in quotes, lists in [ ], headings like [contact]',
     "Expected '=' after a key in a key/value pair"),
]  # fmt: skip


@pytest.mark.parametrize(("_case", "wrong", "instead", "what"), SYNTAX)
def test_what_is_no_toml_is_told_with_its_line(
    folder: Path, _case: str, wrong: str, instead: str, what: str
) -> None:
    file = folder / "brands" / "farwander.toml"
    line = spoil(file, 'kind = "travel"', wrong) + wrong.count("\n")

    (found,) = problems(folder)

    assert (found.file, found.line, found.where) == (file, line, "")
    assert found.what == f"is not TOML: {what}"
    assert found.instead == instead


def test_a_list_without_its_end_is_told_at_the_end(folder: Path) -> None:
    file = folder / "brands" / "farwander.toml"
    spoil(file, 'choices = ["refund", "move"]', 'choices = ["refund", "move"')

    (found,) = problems(folder)

    # What the list goes on with is no item of it: told where that stands, at the latest at the end.
    told = file.read_text().splitlines()[found.line - 1]
    assert told == "" or told.startswith("[")
    assert found.what.startswith("is not TOML")


@pytest.mark.parametrize(
    ("_case", "content", "what", "line"),
    [
        ("other bytes", b'# \n# caf\xe9\nbrand = "x"', "is not UTF-8 text", 2),
        ("far too much", b"#" * (256 * 1024 + 1), "is too large for a policy", 1),
        ("far too deep", b"x = " + b"[" * 5000 + b"]" * 5000, "nests too deep", 1),
    ],
)
def test_a_file_that_is_no_policy_is_told(
    folder: Path, _case: str, content: bytes, what: str, line: int
) -> None:
    file = folder / "brands" / "farwander.toml"
    file.write_bytes(content)

    (found,) = problems(folder)

    assert (found.file, found.line, found.what) == (file, line, what)


def test_an_empty_file_lacks_everything(folder: Path) -> None:
    (folder / "brands" / "farwander.toml").write_text("")

    found = problems(folder)

    assert {each.what for each in found} == {"is missing"}
    assert {each.line for each in found} == {1}


def test_a_folder_where_a_file_should_be_is_told(folder: Path) -> None:
    file = folder / "brands" / "farwander.toml"
    file.unlink()
    file.mkdir()

    (found,) = problems(folder)

    assert found.what == "cannot be read: Is a directory"


def test_a_folder_without_policies_is_told(tmp_path: Path) -> None:
    found = problems(tmp_path)

    assert [each.file for each in found] == [tmp_path / "brands", tmp_path / "jurisdictions"]
    assert {each.what for each in found} == {"has no policy files"}


def test_profiles_that_extend_each_other_are_told(folder: Path) -> None:
    file = folder / "jurisdictions" / "us-default.toml"
    spoil(file, "checked_on", 'extends = "us-ny"\nchecked_on')

    told = {each.file.stem for each in problems(folder) if each.where == "extends"}

    assert {"us-default", "us-ny"} <= told


def test_a_place_knows_reasons(folder: Path) -> None:
    file = folder / "jurisdictions" / "us-ny.toml"
    spoil(file, "[sources]", '[sources]\nreasons = { confidence = "policy" }')
    line = spoil(file, 'debt = "owed"', 'reasons = []\ndebt = "owed"')

    (found,) = problems(folder)

    assert (found.line, found.where, found.what) == (line, "reasons", "is empty")


def test_an_inherited_mistake_is_told_once(folder: Path) -> None:
    file = folder / "jurisdictions" / "us-default.toml"
    spoil(file, 'save_offer = "simultaneous"', 'save_offer = "always"')

    found = [each for each in problems(folder) if each.where == "save_offer"]

    assert [each.file for each in found] == [file]


def test_all_mistakes_are_told_at_once_in_order(folder: Path) -> None:
    brand = folder / "brands" / "farwander.toml"
    spoil(brand, "restore_days", "restore_day")
    spoil(brand, 'kind = "travel"', 'kind = "journey"')
    spoil(folder / "brands" / "wavequill.toml", "refund_days = 10", "refund_days = 0")
    spoil(folder / "jurisdictions" / "uk.toml", 'debt = "owed"', 'debt = "operator"')

    found = problems(folder)

    assert [(each.file.stem, each.where) for each in found] == [
        ("farwander", "kind"),
        ("farwander", "restore_day"),
        ("wavequill", "refund_days"),
        ("uk", "debt"),
    ]


def test_a_problem_reads_as_a_compilers() -> None:
    problem = Problem(Path("a.toml"), 3, "kind", "is missing", 'kind = "travel"')
    nameless = Problem(Path("a.toml"), 3, "", "is not TOML", "TOML")

    assert str(problem) == 'a.toml:3: kind: is missing (write instead: kind = "travel")'
    assert str(nameless) == "a.toml:3: is not TOML (write instead: TOML)"
    error = PolicyProblems([problem, nameless])
    assert str(error).splitlines() == [str(problem), str(nameless)]
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


def test_a_plug_in_carrier_may_be_named_where_it_is_wired(folder: Path) -> None:
    """I4."""
    spoil(folder / "brands" / "farwander.toml", '"wholesale", "tmobile"', '"galaxy"')

    book = load_policy_book(folder, carriers=("tmobile", "att", "verizon", "wholesale", "galaxy"))

    assert isinstance(book, PolicyBook)
    assert book.policy("farwander").carriers == ("galaxy",)
    assert problems(folder)[0].where == "carriers[0]"


def test_windows_line_ends_count_as_one(folder: Path) -> None:
    file = folder / "brands" / "farwander.toml"
    line = spoil(file, "restore_days = 14", "restore_days = 99")
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    (found,) = problems(folder)

    assert (found.where, found.line) == ("restore_days", line)
