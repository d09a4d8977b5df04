"""Make a message out of a notice: its values in the reader's words, dates and links."""

from collections.abc import Callable, Mapping, Sequence

from django.conf import settings

from signoff.domain.canonical import Json, parse_time
from signoff.domain.money import Money
from signoff.domain.policy import Names, Policy
from signoff.ports.messaging import Attachment, OutgoingMessage
from signoff.usecases import rules
from signoff.usecases.change_course import confirmation_token
from signoff.usecases.notify import Outgoing
from signoff.wording import notices
from signoff.wording.catalogue import shipped
from signoff.wording.moments import moment_words, money_words
from signoff.wording.notices import Kind


def compose(
    outgoing: Outgoing, *, attachments: Sequence[Attachment] = (), base_url: str | None = None
) -> OutgoingMessage:
    """The message of a notice, in its language; times stand in the brand's time zone.

    `base_url` is where this installation answers, without a slash at its end. Raises
    UnknownNotice, MissingValue and UnknownBrand.
    """
    base_url = settings.SIGNOFF_BASE_URL if base_url is None else base_url
    values = _values(outgoing, _policy(outgoing), base_url=base_url.rstrip("/"))
    if outgoing.medium == notices.SMS:
        text = notices.render_text(outgoing.name, outgoing.language, values=values)
        return OutgoingMessage(
            id=outgoing.id,
            to=outgoing.recipient,
            subject="",
            body=text,
            language=outgoing.language,
        )
    subject, body = notices.render(outgoing.name, outgoing.language, values=values)
    return OutgoingMessage(
        id=outgoing.id,
        to=outgoing.recipient,
        subject=subject,
        body=body + "\n",
        language=outgoing.language,
        attachments=tuple(attachments),
    )


def _policy(outgoing: Outgoing) -> Policy | None:
    """The policy of its brand; none where we answer a number that nothing is known of."""
    brand = outgoing.values.get("brand")
    return rules.book().policy(str(brand)) if brand else None


def _values(outgoing: Outgoing, policy: Policy | None, *, base_url: str) -> dict[str, str]:
    """Every value the notice names, in words; one that is not there stays out."""
    given, language = outgoing.values, outgoing.language
    values = {
        "brand_name": brand_name(policy.names, language) if policy else "",
        "contact_email": policy.contact.email if policy else "",
        "contact_phone": policy.contact.phone if policy else "",
        "check_code": outgoing.check_code,
        "home_url": f"{base_url}/",
        "check_url": f"{base_url}/genuine",
        "name": str(given.get("name") or "") or shipped("notice_reasons").say(
            "notices.reader", language
        ),
    }  # fmt: skip
    zone = policy.time_zone if policy else "UTC"
    for name, kind in notices.of(outgoing.name).variables.items():
        if name in values:
            continue
        if kind is Kind.LINK:
            values[name] = base_url + _LINKS[name](given)
        elif given.get(name):
            values[name] = _words(given[name], kind, language=language, zone=zone)
    return values


def brand_name(names: Names, language: str) -> str:
    """A name as readers of the language know it."""
    return {"zh-Hans": names.zh_hans, "zh-Hant": names.zh_hant}.get(language, names.en)


def _words(value: Json, kind: Kind, *, language: str, zone: str) -> str:
    say = shipped("notice_reasons").say
    match kind:
        case Kind.MOMENT:
            return moment_words(parse_time(str(value)), language, zone=zone)
        case Kind.MONEY:
            amount = _money(value)
            return money_words(amount, language) if amount else ""
        case Kind.REASON:
            return say(f"notices.reason.{value}", language)
        case Kind.FIELDS:
            fields = str(value).split(",") if isinstance(value, str) else _list(value)
            parts = [say(f"notices.field.{field.strip()}", language) for field in fields]
            return (", " if language == "en" else "、").join(parts)
        case Kind.LINES:
            return _line_rows(value, language=language, zone=zone)
        case _:
            return str(value)


MOST_LINES = 20
"""More lines than these stand in the attached receipt only: a mail is read on a phone."""


def _line_rows(value: Json, *, language: str, zone: str) -> str:
    """One row for each line of a joint request: its number's end, case, date and number choice."""
    given = value if isinstance(value, list) else []
    rows = []
    for each in given[:MOST_LINES]:
        assert isinstance(each, Mapping)
        at = moment_words(parse_time(str(each["effective_at"])), language, zone=zone)
        keeps = shipped("papers").say(f"number.{each['number_choice']}", language)
        rows.append(f"· {each['line']} | {each['number']} | {at} | {keeps}")
    if len(given) > MOST_LINES:
        left = len(given) - MOST_LINES
        rows.append(shipped("together").say("together.row_more", language, count=left))
    return "\n".join(rows)


def _list(value: Json) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _money(value: Json) -> Money:
    """An amount given as {"minor", "currency"} or written out, as "12.50 USD"."""
    if isinstance(value, Mapping):
        return Money(int(str(value["minor"])), str(value["currency"]))
    digits, _, currency = str(value).partition(" ")
    return Money(int(digits.replace(".", "")), currency)


def _case(rest: str) -> Callable[[Mapping[str, Json]], str]:
    return lambda given: f"/cases/{given['case_id']}{rest}"


def _confirm(given: Mapping[str, Json]) -> str:
    return f"/confirm/{confirmation_token(str(given['case_id']), str(given['until']))}"


_LINKS: Mapping[str, Callable[[Mapping[str, Json]], str]] = {
    "status_url": _case(""),
    "certificate_url": _case("/certificate"),
    "care_url": _case("/after"),
    "messages_url": _case("#messages"),
    "confirm_url": _confirm,
    "request_url": lambda given: f"/requests/{given['request_id']}",
    "ask_url": lambda given: f"/asks/{given['ask_id']}",
    "verify_url": lambda given: "/verify",
    "home_url": lambda given: "/",
    "data_url": lambda given: f"/lines/{given['line_id']}/data",
    "login_help_url": lambda given: "/account/help",
}
"""Where the links of notices lead; tests hold them against the portal's addresses."""
