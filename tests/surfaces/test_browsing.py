"""The browser without a screen sends what a page's form would, and nothing a person could not."""

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from signoff.testing.browsing import Browser, NotOnPage, PageRefused

PAGE = """<!doctype html><html><body><a href="/two">two</a><a href="/two">again</a>
<form method="post" action="/echo?x=1">
<input type="hidden" name="token" value="t&amp;1">
<input name="name" value="Lin"><input name="off" value="x" disabled>
<input type="radio" name="way" value="a"><input type="radio" name="way" value="b" checked>
<input type="radio" name="way" value="c" disabled>
<input type="checkbox" name="agreed" value="1">
<select name="line"><option value="1">one</option><option value="2" selected>two</option></select>
<textarea name="words">hello</textarea><button name="go" value="1">Go</button>
</form></body></html>"""


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(404 if self.path == "/gone" else 200, PAGE)

    def do_POST(self) -> None:
        self._answer(200, self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def browser() -> Iterator[Browser]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with Browser(f"http://127.0.0.1:{server.server_port}") as browser:
        yield browser
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_form_is_sent_as_it_stands(browser: Browser) -> None:
    sent = browser.submit(browser.open("/").form("/echo"))

    assert parse_qs(sent.content.decode()) == {
        "token": ["t&1"],
        "name": ["Lin"],
        "way": ["b"],
        "line": ["2"],
        "words": ["hello"],
    }


def test_wishes_replace_what_stands_there(browser: Browser) -> None:
    form = browser.open("/").form("/echo")

    sent = parse_qs(
        browser.submit(form, {"way": "a", "agreed": "1", "words": "你好"}).content.decode()
    )

    assert (sent["way"], sent["agreed"], sent["words"]) == (["a"], ["1"], ["你好"])


@pytest.mark.parametrize("wish", [{"way": "c"}, {"line": "3"}, {"other": "x"}, {"off": "y"}])
def test_what_a_person_could_not_do_is_refused(browser: Browser, wish: dict[str, str]) -> None:
    form = browser.open("/").form("/echo")

    with pytest.raises(NotOnPage):
        browser.submit(form, wish)


def test_links_come_once_and_a_missing_page_is_an_error(browser: Browser) -> None:
    page = browser.open("/")

    assert [link.rpartition("/")[2] for link in page.linked("/two")] == ["two"]
    with pytest.raises(NotOnPage):
        page.form("/nowhere")
    with pytest.raises(PageRefused, match="/gone answered 404"):
        browser.open("/gone")


def test_a_cookie_kept_is_sent(browser: Browser) -> None:
    browser.keep("sessionid", "s1")

    assert browser.cookies == "sessionid=s1"
