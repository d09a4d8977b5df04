"""Documents in columns: domain dataclasses to JSON and back, checked on the way in."""

from pydantic import TypeAdapter

from signoff.domain.account import AccountFacts, LineFacts, Preparation
from signoff.domain.policy import Policy
from signoff.domain.statement import Statement

ACCOUNT = TypeAdapter(AccountFacts)
LINE = TypeAdapter(LineFacts)
PREPARATION = TypeAdapter(Preparation)
STATEMENT = TypeAdapter(Statement)
POLICY = TypeAdapter(Policy)
