"""A question of a person's own choice, where their brand still asks one (A3).

It never lets anybody in: it is asked besides the code that sets a new password, and nowhere alone.
The answer is kept as a salted, slow hash, whatever its spelling, spaces and width of letters.
"""

import unicodedata

from django.contrib.auth.hashers import check_password, make_password

from signoff.records import models
from signoff.records.people import Person
from signoff.usecases import rules

LEAST_ANSWER = 3


def is_offered(person: Person) -> bool:
    """Whether the person's brand has security questions."""
    book = rules.book()
    return person.brand in book.brands() and book.policy(person.brand).security_question


def question_for(person: Person) -> str:
    """What this person must be asked besides a code; empty where nothing is."""
    if not is_offered(person):
        return ""
    found = models.SecurityAnswer.objects.filter(user_id=person.id).first()
    return found.question if found else ""


def keep(user_id: int, *, question: str, answer: str) -> None:
    """Keep a question and the hash of its answer, in place of an older one."""
    models.SecurityAnswer.objects.update_or_create(
        user_id=user_id, defaults={"question": question, "answer": make_password(_plain(answer))}
    )


def is_right(user_id: int, answer: str) -> bool:
    """Whether this is the answer; a person without a question has none to give."""
    found = models.SecurityAnswer.objects.filter(user_id=user_id).first()
    return check_password(_plain(answer), found.answer) if found else False


def _plain(answer: str) -> str:
    return "".join(unicodedata.normalize("NFKC", answer).casefold().split())
