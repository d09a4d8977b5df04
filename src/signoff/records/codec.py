"""Documents in columns: domain dataclasses to JSON and back, checked on the way in."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from signoff.domain import book
from signoff.domain.account import AccountFacts, AddOn, Cycle, LineFacts, Preparation
from signoff.domain.policy import Policy
from signoff.domain.statement import Statement
from signoff.domain.sunset_terms import Terms

ACCOUNT = TypeAdapter(AccountFacts)
LINE = TypeAdapter(LineFacts)
ADD_ONS = TypeAdapter(tuple[AddOn, ...])
PREPARATION = TypeAdapter(Preparation)
STATEMENT = TypeAdapter(Statement)
POLICY = TypeAdapter(Policy)
TERMS = TypeAdapter(Terms)
CYCLE = TypeAdapter(Cycle)
BOOK_RECORD: TypeAdapter[book.Record] = TypeAdapter(
    Annotated[book.Record, Field(discriminator="type")]
)
"""One record of an account book; told apart by its `type`."""
