"""O1 at the desk: two people close thirty lines, from the list to the report, in two languages.

The operator works in English at a desktop, the supervisor in Chinese on a phone, and the auditor
reads along without a script.
"""

import json
from dataclasses import dataclass
from hashlib import sha256

import pytest
from playwright.sync_api import expect

import stage
from journeys.visits import Visit, World
from signoff.ports import registry
from signoff.records import models
from signoff.usecases.sunsets.verifying import verify_report
from usecases.sunset_scenes import Scene, scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]

LINES = 30
TERMS = b"""name = "Farwander closes"
time_zone = "America/New_York"
sales_stop_at = 2026-01-05T00:00:00-05:00
notice_by = 2026-01-10T00:00:00-05:00
refund_open_at = 2026-01-05T00:00:00-05:00
end_at = 2026-03-01T00:00:00-05:00
"""


@dataclass
class Story:
    """A brand's lines and a run; `url` is its page once there is one."""

    world: World
    closing: Scene
    url: str = ""

    @property
    def run(self) -> models.Sunset:
        return models.Sunset.objects.get()

    def list_of_all(self) -> bytes:
        rows = self.closing.listed("+12029999999", self.closing.lines[0].msisdn, "no number")
        return rows.encode()


def begin(world: World) -> Story:
    return Story(world, scene(world.sandbox, lines=LINES))


def make(story: Story, me: Visit) -> None:
    """The form, a mistake in the terms that loses nothing, then the list."""
    me.press("sunset_desk.runs.new").heading("sunset_desk.new.title").inspect()
    me.page.get_by_label(me.say("sunset_desk.new.name"), exact=True).fill("The last day")
    me.page.get_by_label(me.say("sunset.selection.list")).check()
    me.page.get_by_label(me.say("sunset_desk.new.own")).check()
    me.page.get_by_label(me.say("sunset_desk.new.terms_file")).set_input_files(
        {"name": "t.toml", "mimeType": "text/plain", "buffer": TERMS.replace(b"-05:00", b"-04:00")}
    )
    refused(me, "sunset_desk.new.go_on").sees_text("t.toml:3").inspect()
    field = me.page.get_by_label(me.say("sunset_desk.new.terms_text"))
    field.fill(TERMS.decode())
    me.press("sunset_desk.new.go_on").heading("sunset_desk.list.title").inspect()
    me.page.get_by_label(me.say("sunset_desk.list.label")).set_input_files(
        {"name": "lines.csv", "mimeType": "text/csv", "buffer": story.list_of_all()}
    )
    me.press("sunset_desk.list.make").sees("sunset_desk.done.create")
    story.url = me.path


def refused(me: Visit, key: str) -> Visit:
    """Press a button that is refused: the browser notes the answer's status as an error."""
    me.page.locator("main").get_by_role("button", name=me.say(key)).click()
    me.page.wait_for_load_state()
    expect(me.page.get_by_role("alert")).to_be_visible()
    me.problems.clear()
    return me


def confirm(me: Visit, key: str) -> None:
    me.page.get_by_label(me.say("sunset_desk.count")).fill(str(LINES))
    me.press(key).sees("sunset_desk.done.confirm")


def test_a_brand_closes_with_two_people_and_a_report(world: World) -> None:
    story = begin(world)
    one = world.visit().log_in(story.closing.first)
    one.open("/desk/sunsets/").sees("sunset_desk.runs.none").inspect()

    make(story, one)
    one.sees("sunset_desk.next.gathering")
    stage.work()
    # The page looks again by itself: nobody has to reload it.
    one.sees("sunset_desk.next.ready").sees_text(str(LINES)).inspect()
    one.press("sunset.row.unknown").sees_text("+12029999999").inspect()
    one.open(story.url)
    one.page.get_by_label(one.say("sunset_desk.count")).fill("29")
    refused(one, "sunset_desk.confirm_first").sees("sunset.objection.wrong_count").inspect()
    confirm(one, "sunset_desk.confirm_first")
    one.sees("sunset_desk.yours_already").inspect()

    other = world.visit(language="zh-Hans", device="phone").log_in(story.closing.second)
    other.open("/desk/sunsets/").sees("sunset.stage.half_confirmed").inspect()
    other.open(story.url).inspect()
    confirm(other, "sunset_desk.confirm_second")
    other.press("sunset_desk.start", count=str(LINES)).sees("sunset_desk.next.running").inspect()
    other.press("sunset.act.pause").sees("sunset_desk.next.paused").inspect()
    other.press("sunset_desk.to_abort").sees("sunset_desk.abort.for_good").inspect()
    other.press("sunset_desk.abort.not")
    other.press("sunset.act.resume").sees("sunset_desk.next.running")

    story.closing.id = story.run.id
    story.closing.finish()
    other.sees("sunset_desk.next.done")
    other.press("sunset_desk.to_report").sees("sunset_desk.report.adds_up").inspect()
    one.open(story.url + "/report").sees("sunset_desk.report.genuine").inspect()
    summary = one.download("sunset_desk.report.json")
    with one.page.expect_download() as taken:
        one.page.get_by_role("link", name="CSV").click()
    assert_genuine(taken.value.path().read_bytes(), summary)
    assert len(world.sandbox.ledger(op="cut")) == LINES


def assert_genuine(rows: bytes, summary: bytes) -> None:
    keys = registry.signers["installation"].trusted_keys()
    assert verify_report(summary, csv_sha256=sha256(rows).hexdigest(), trusted=keys) == ()
    told = json.loads(summary)["report"]
    assert told["adds_up"]
    assert told["outcomes"] == {"ended": LINES, "unknown": 1, "duplicate": 1, "malformed": 1}


def test_lines_that_wait_are_tried_again_without_script(world: World) -> None:
    closing = scene(world.sandbox, lines=3)
    closing.create()
    closing.confirmed()
    barred = {"kind": "refuse", "code": "BARRED", "iccid": closing.lines[1].iccid,
              "endpoint": "operations"}  # fmt: skip
    world.sandbox.behave("tmobile", faults=[barred])
    closing.start()
    me = world.visit(language="zh-Hant", device="phone", script=False).log_in(closing.first)
    me.open(f"/desk/sunsets/{closing.id}").sees("sunset_desk.live.again")
    closing.finish()

    me.press("sunset_desk.live.again").sees("sunset_desk.live.failed", count="1")
    me.press("sunset_desk.to_waiting").sees_text("BARRED")
    world.sandbox.behave("tmobile", reset=True)
    me.press("sunset_desk.waiting.retry_these").sees("sunset_desk.done.retry")
    closing.finish()
    me.open(f"/desk/sunsets/{closing.id}/report").sees("sunset_desk.report.adds_up")
    assert set(closing.rows().values()) == {"ended"}
