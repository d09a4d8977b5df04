"""What the demo prints for people: of each line how it went, what it came to, and the proof."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from signoff.domain.money import Money


def told(cases: Sequence[dict[str, Any]], *, home: Path) -> str:
    """The whole report."""
    lines = [line for case in cases for line in _case(case)]
    good = sum(bool(case["verified"]) for case in cases)
    key = next(iter(sorted((home / "keys").glob("public-*.pem"))), None)
    lines += ["", f"{good} of {len(cases)} certificates verify. Try it yourself:"]
    lines += [f"  ./run verify --key {_quoted(key)} {_quoted(cases[0]['certificate'])}"]
    return "\n".join(lines)


def _case(case: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{case['kind']} card {case['line']} at {case['carrier']}, case {case['number']}"
    for state in case["states"]:
        yield f"  {state['at']}  {state['name']}"
    yield "  statement"
    for line in case["statement"]["lines"]:
        yield f"    {line['code']:<20}{_money(line['amount']):>16}   {line['source']}"
    for name in ("owed", "refund"):
        yield f"    {name:<20}{_money(case['statement'][name]):>16}"
    proof = case["proof"] or {}
    yield "  proof"
    yield f"    {proof.get('carrier')}: {proof.get('state')}, read {proof.get('verified_at')}"
    yield f"    {proof.get('reference')}"
    yield f"  certificate {'verifies' if case['verified'] else 'DOES NOT VERIFY'}"
    yield f"    {case['certificate']}"
    yield f"    {case['certificate_pdf']}"


def _money(amount: dict[str, Any]) -> str:
    return str(Money(amount["minor"], amount["currency"]))


def _quoted(path: object) -> str:
    text = str(path)
    return f'"{text}"' if " " in text else text
