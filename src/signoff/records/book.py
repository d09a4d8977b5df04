"""Questions to the account book that are asked for a set."""

from collections.abc import Sequence

from django.db import connection

from signoff.domain.account import AccountFacts
from signoff.records import codec


def accounts_of_lines(msisdns: Sequence[str]) -> dict[str, tuple[int, int, AccountFacts]]:
    """The accounts of living lines by number: id, version and facts."""
    if not msisdns:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.msisdn, a.id, a.version, a.facts::text FROM records_line l "
            "JOIN records_account a ON a.id = l.account_id "
            "WHERE l.msisdn = ANY(%s) AND l.state = 'active' AND a.closed_at IS NULL",
            [list(msisdns)],
        )
        return {
            msisdn: (id_, version, codec.ACCOUNT.validate_json(facts))
            for msisdn, id_, version, facts in cursor.fetchall()
        }
