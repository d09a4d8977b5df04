"""The demo itself: five journeys side by side, from log-in to verified certificate."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from signoff.cli import database, instance
from signoff.cli.demo.journey import Journey, Wish, confirm, review, wait
from signoff.cli.errors import Refused
from signoff.testing.browsing import Browser
from signoff.testing.demo import AGENTS, people
from signoff.usecases.verify_certificate import verify

_PATIENCE = 120.0

WISHES = (
    Wish(people.STUDENT, "+14155550111", "not_needed"),
    Wish(people.TRAVELLER, "+13105550102", "left_country"),
    Wish(people.MANAGER, "+17025550121", "changing_carrier"),
    Wish(people.GRANDFATHER, "+12125550131", "long_unused", balance="move"),
    Wish(people.NOMAD, "+13035550141", "cleaning_up"),
)
"""One line of each card kind, over all four carriers; the one that ends by lapse goes first."""

Case = dict[str, Any]
"""A case as the API tells it."""


def play(running: instance.Instance, home: Path) -> list[Case]:
    """End every line; says for each what the API tells, where its papers are, and `verified`."""
    with ExitStack() as stack:
        journeys = [Journey(wish, stack.enter_context(Browser(running.url))) for wish in WISHES]
        for journey in journeys:
            _say(journey, f"settles, fills in the form, ends {journey.wish.msisdn}")
            journey.declare()
        for journey in journeys:
            _see_through(journey, running)
        database.tell("demo: waiting for the carriers' proofs and the certificates")
        cases = [
            _until(each, running, reached=lambda case: bool(case["certificate"]))
            for each in journeys
        ]
        keys = _keys(journeys[0].browser)
        return [
            _kept(journey, case, home=home, keys=keys)
            for journey, case in zip(journeys, cases, strict=True)
        ]


def _see_through(journey: Journey, running: instance.Instance) -> None:
    """What a case needs of people before it can end: a confirmation, an agent's decision."""
    case = _until(journey, running, reached=lambda case: case["state"] != "declared")
    if case["state"] == "confirming":
        _say(journey, "opens the link in the mail and confirms")
        if not wait(
            lambda: confirm(journey.wish, running.url), seconds=_PATIENCE, tend=running.tend
        ):
            raise Refused("the mail with the link to confirm never came")
        before = ("confirming", "declared")
        case = _until(journey, running, reached=lambda case: case["state"] not in before)
    if case["state"] == "in_review":
        agent = next(each for each in AGENTS if case["brand"] in each.brands)
        _say(journey, f"waits for a person: the {agent.what} takes the case and approves")
        assert journey.case_id is not None
        review(journey.case_id, agent, url=running.url)


def _say(journey: Journey, what: str) -> None:
    database.tell(f"demo: {journey.wish.person.what}: {journey.wish.person.latin} {what}")


def _until(
    journey: Journey, running: instance.Instance, *, reached: Callable[[Case], bool]
) -> Case:
    """The case once it got there. Raises Refused where it does not, or only a person can help."""
    case: Case = {}

    def look() -> bool:
        case.update(journey.case())
        return reached(case) or _stuck(case)

    if wait(look, seconds=_PATIENCE, tend=running.tend) and reached(case):
        return case
    waits = ", ".join(f"{need['who']} must {need['what']}" for need in case["needs"])
    who = journey.wish.person.what
    raise Refused(
        f"the case of the {who} stays {case['state']} ({waits or 'without a reason'}); "
        f"logs: {running.home}/logs"
    )


def _stuck(case: Case) -> bool:
    return any(need["who"] == "operator" for need in case["needs"])


def _keys(browser: Browser) -> dict[str, bytes]:
    """The keys the installation publishes."""
    published: Any = browser.json("/.well-known/signoff-keys.json")
    return {each["key_id"]: bytes.fromhex(each["public_key"]) for each in published["keys"]}


def _kept(journey: Journey, case: Case, *, home: Path, keys: Mapping[str, bytes]) -> Case:
    """Put the papers of a case on disk, and verify its certificate in both forms."""
    name = f"{case['kind']}-{case['number']}"
    page = f"/cases/{journey.case_id}"
    papers = {
        "certificate": ("certificates", "json", journey.browser.open(f"{page}/certificate.json")),
        "certificate_pdf": ("certificates", "pdf", journey.browser.open(f"{page}/certificate.pdf")),
    }
    shown = {**case, "settled": list(journey.settled)}
    verdicts = []
    for key, (folder, ending, page_of) in papers.items():
        shown[key] = _write(home / folder / f"{name}.{ending}", page_of.content)
        verdicts.append(verify(page_of.content, trusted_keys=keys))
    shown["receipt"] = _write(home / "receipts" / f"{name}.pdf", journey.receipt)
    shown["archive"] = _write(home / "archives" / f"{name}.zip", journey.archive)
    shown["verified"] = all(verdict.trusted for verdict in verdicts)
    return shown


def _write(path: Path, content: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)


def all_verified(cases: Sequence[Case]) -> bool:
    """Whether every certificate is genuine and signed with a key the installation publishes."""
    return bool(cases) and all(case["verified"] for case in cases)
