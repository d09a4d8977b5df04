"""What the log-in pages may start: codes, notices of changes, calls for help; each at once."""

from uuid import UUID

from signoff.records import models, people
from signoff.records.people import Person
from signoff.usecases import access_codes, access_help, security_questions
from signoff.usecases.access_codes import Change, Purpose
from signoff.usecases.access_help import Call, Matches, Outcome
from signoff.workflows.ids import new_id, new_number
from signoff.workflows.work import changing


def send_code(
    person: Person | None,
    *,
    code: str,
    purpose: Purpose,
    by_phone: bool,
    language: str,
    minutes: int,
) -> str:
    """Owe a code to a person, or to nobody with the same work; says the medium (sms or mail)."""
    with changing() as changes:
        return access_codes.owe_code(
            person,
            code=code,
            purpose=purpose,
            by_phone=by_phone,
            language=language,
            minutes=minutes,
            changes=changes,
        )


def tell_change(user_id: int, change: Change, *, language: str) -> None:
    """Owe a person the news that their log-in was changed."""
    person = people.by_id(user_id)
    if person is None:
        return
    with changing() as changes:
        access_codes.tell_change(person, change, language=language, changes=changes)


def call_for_help(call: Call) -> Call:
    """Write down a call of somebody who cannot get in; says it with its number and date."""
    with changing() as changes:
        return access_help.take(call, id=new_id(), number=new_number(), changes=changes)


def keep_question(user_id: int, *, question: str, answer: str, language: str) -> None:
    """Keep a person's own question with the hash of its answer, and tell them."""
    person = people.by_id(user_id)
    if person is None:
        return
    with changing() as changes:
        security_questions.keep(user_id, question=question, answer=answer)
        access_codes.tell_change(person, Change.QUESTION, language=language, changes=changes)


# ---------------------------------------------------------------- staff
def view_call(call_id: UUID, *, agent: int) -> tuple[models.AccessHelp, Matches]:
    """A call for an agent, with the look written down (R5). Raises NotYours."""
    with changing() as changes:
        return access_help.view(call_id, agent=agent, changes=changes)


def answer_call(call_id: UUID, outcome: Outcome, *, agent: int, note: str) -> None:
    """Close a call. Raises NotYours, AlreadyAnswered, CannotLetIn."""
    with changing() as changes:
        access_help.answer(call_id, outcome, agent=agent, note=note, changes=changes)
