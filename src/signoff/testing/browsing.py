"""A browser without a screen: fetches pages over HTTP, fills in the forms they show, follows links.

It sends what the page's own form would send, hidden fields and all, and refuses what a person could
not do: fill in a field that is not there, or choose what is not offered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

File = tuple[str, bytes, str]
"""A file to send: its name, content and media type."""


class PageRefused(Exception):
    """The server answered with an error; `status` says which."""

    def __init__(self, status: int, path: str) -> None:
        super().__init__(f"{path} answered {status}")
        self.status, self.path = status, path

    def __reduce__(self) -> tuple[object, ...]:
        return PageRefused, (self.status, self.path)


class NotOnPage(LookupError):
    """The page has no such form, field, choice or link."""


@dataclass(slots=True)
class Field:
    """One field by its name. `value` is what is sent untouched, None where nothing is.

    `choices` are the values that can be chosen; None where anything can be written.
    """

    kind: str
    value: str | None = None
    choices: list[str] | None = None


@dataclass(slots=True)
class Form:
    """A form as it stands on a page; `action` is an absolute address."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return urlsplit(self.action).path

    def value(self, name: str) -> str:
        """What a field holds; empty where there is none of this name."""
        return (self.fields[name].value if name in self.fields else None) or ""

    def choices(self, name: str) -> list[str]:
        """What can be chosen in a field; nothing where there is none of this name."""
        return (self.fields[name].choices if name in self.fields else None) or []

    def filled(self, wishes: Mapping[str, str]) -> dict[str, str]:
        """All that is sent. Raises NotOnPage for a wish the form cannot take."""
        sent = {
            name: each.value
            for name, each in self.fields.items()
            if each.value is not None and each.kind != "file"
        }
        for name, wish in wishes.items():
            known = self.fields.get(name)
            if known is None:
                raise NotOnPage(f"{self.path} has no field {name}")
            if known.choices is not None and wish not in known.choices:
                raise NotOnPage(f"{self.path} does not offer {wish} as {name}")
            sent[name] = wish
        return sent


class _Reader(HTMLParser):
    """Collects forms, links and text of a page."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._select: Field | None = None
        self._area: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self._url, known.get("action", ""))
            self._form = Form(action, known.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in known:
            self.links.append(urljoin(self._url, known["href"]))
        elif self._form is not None:
            self._in_form(tag, known, form=self._form)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value = (self._area.value or "") + data
        self.text.append(data)

    def _in_form(self, tag: str, known: dict[str, str], *, form: Form) -> None:
        name = known.get("name", "")
        if tag == "option" and self._select is not None:
            self._option(known, self._select)
        elif not name or "disabled" in known:
            return
        elif tag == "select":
            self._select = form.fields.setdefault(name, Field("select", choices=[]))
        elif tag == "textarea":
            self._area = form.fields.setdefault(name, Field("textarea", ""))
        elif tag == "input":
            _input(known, name, form=form)

    def _option(self, known: dict[str, str], select: Field) -> None:
        value = known.get("value", "")
        assert select.choices is not None
        select.choices.append(value)
        if "selected" in known or select.value is None:
            select.value = value


def _input(known: dict[str, str], name: str, *, form: Form) -> None:
    kind = known.get("type", "text").lower()
    if kind in ("radio", "checkbox"):
        value = known.get("value", "on")
        found = form.fields.setdefault(name, Field(kind, choices=[]))
        assert found.choices is not None
        found.choices.append(value)
        if "checked" in known:
            found.value = value
    elif kind not in ("submit", "button", "image", "reset"):
        form.fields[name] = Field(kind, None if kind == "file" else known.get("value", ""))


@dataclass(frozen=True, slots=True)
class Page:
    """What came back: a page with its forms and links, or a file."""

    url: str
    content: bytes
    forms: tuple[Form, ...] = ()
    links: tuple[str, ...] = ()
    text: str = ""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def form(self, ending: str) -> Form:
        """The form whose address ends so. Raises NotOnPage."""
        for form in self.forms:
            if form.path.endswith(ending):
                return form
        raise NotOnPage(f"{self.path} has no form to {ending}")

    def linked(self, part: str) -> Iterator[str]:
        """Addresses linked from the page whose path holds this part, each once."""
        seen = dict.fromkeys(link for link in self.links if part in urlsplit(link).path)
        yield from seen


class Browser:
    """One visitor with cookies of their own."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(
            base_url=url,
            follow_redirects=True,
            trust_env=False,
            timeout=60.0,
            # Reading the machine's certificates takes longer than many pages; HTTP needs none.
            verify=url.startswith("https:"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    @property
    def cookies(self) -> str:
        """What is sent along with every request, as a header has it."""
        return "; ".join(f"{each.name}={each.value}" for each in self._client.cookies.jar)

    def keep(self, name: str, value: str) -> None:
        """Have a cookie, as if a page had set it."""
        self._client.cookies.set(name, value)

    def open(self, address: str) -> Page:
        """Fetch a page. Raises PageRefused."""
        return _page(self._client.get(address))

    def json(self, address: str) -> dict[str, object]:
        """Fetch a JSON object. Raises PageRefused."""
        response = self._client.get(address, headers={"Accept": "application/json"})
        _require_good(response)
        found: dict[str, object] = response.json()
        return found

    def submit(
        self,
        form: Form,
        wishes: Mapping[str, str] | None = None,
        *,
        files: Mapping[str, File] | None = None,
    ) -> Page:
        """Send a form and go where it leads. Raises PageRefused, NotOnPage."""
        sent = form.filled(wishes or {})
        if form.method != "post":
            return _page(self._client.get(form.action, params=sent))
        return _page(self._client.post(form.action, data=sent, files=dict(files or {}) or None))


def _page(response: httpx.Response) -> Page:
    _require_good(response)
    url = str(response.url)
    if "html" not in response.headers.get("content-type", ""):
        return Page(url, response.content)
    reader = _Reader(url)
    reader.feed(response.text)
    return Page(
        url, response.content, tuple(reader.forms), tuple(reader.links), " ".join(reader.text)
    )


def _require_good(response: httpx.Response) -> None:
    if response.status_code >= 400:
        raise PageRefused(response.status_code, response.url.path)
