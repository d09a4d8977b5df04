"""Opening cases for benches that need some: declarations in sets, in one transaction each."""

SET = 1_000


def open_cases(first: int, last: int) -> None:
    """Declare that these lines shall end, in one transaction and in the lane of bulk."""
    from signoff.domain.account import BalanceChoice, NumberChoice
    from signoff.domain.reasons import LeavingReason
    from signoff.records import linefiles
    from signoff.usecases import rules
    from signoff.usecases.declare import Declaration, declare
    from signoff.workflows.ids import new_id, new_number
    from signoff.workflows.work import changing

    with changing() as changes:
        lines = linefiles.load(range(first, last + 1), policy_of=rules.policy_of, lock=True)
        for brand, place in {(line.brand, line.place) for line in lines}:
            rules.keep(brand, place)
        declarations = [
            Declaration(
                case_id=new_id(),
                number=new_number(),
                line_id=line.id,
                user_id=None,
                channel="api",
                language=line.language,
                reason=LeavingReason.NOT_NEEDED,
                number_choice=NumberChoice.RELEASE,
                balance_choice=BalanceChoice.REFUND,
                lane=1,
            )
            for line in lines
        ]
        declare(declarations, lines, changes=changes)
