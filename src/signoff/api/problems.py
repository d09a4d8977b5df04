"""Everything that can go wrong at the API, as problem details (RFC 9457).

`type` is a path on this host that stays the same and can be opened; programs compare it, people
read `detail`. Nothing personal stands in any of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from signoff.usecases.public_limits import RETRY_AFTER_S

MEDIA_TYPE = "application/problem+json"
_ROOMS = ("/api/", "/callbacks/", "/.well-known/")


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of problem. `detail` names what is wrong and how to mend it."""

    slug: str
    status: int
    title: str
    detail: str

    @property
    def type(self) -> str:
        return f"/api/problems/{self.slug}"


BAD_REQUEST = Kind(
    "bad-request", 400, "The request cannot be read", "Send well-formed HTTP to this address."
)
CALLBACK_MISREAD = Kind(
    "callback-misread",
    400,
    "The callback cannot be read",
    "Its signature is right but its body is not what this carrier sends; nothing followed from it.",
)
NOT_LOGGED_IN = Kind(
    "not-logged-in",
    401,
    "Log-in needed",
    "Log in at /account/login/ and send the session cookie along.",
)
REFUSED = Kind("refused", 403, "Refused", "This request is not allowed; nothing was changed.")
CALLBACK_REFUSED = Kind(
    "callback-refused",
    403,
    "The callback is not proven to come from the carrier",
    "Its signature is missing, wrong or too old; nothing followed from it. "
    "Sign the body with the secret agreed on, and send it within five minutes.",
)
CALLBACK_TOO_SOON = Kind(
    "callback-too-soon",
    503,
    "The callback came before what it is about was written down",
    "Nothing followed from it yet. Send it again in a few seconds.",
)
NOT_FOUND = Kind(
    "not-found",
    404,
    "There is no such thing",
    "Nothing is here for you: check the address, and as whom you are logged in.",
)
NO_CERTIFICATE = Kind(
    "no-certificate-yet",
    404,
    "The certificate is not issued yet",
    "A certificate is issued once the carrier's own state proves the end. "
    "Ask the case again: its field certificate is set when there is one.",
)
WRONG_METHOD = Kind(
    "method-not-allowed",
    405,
    "This address does not take that method",
    "The header Allow names the methods it takes; /api/v1/openapi.json describes them.",
)
NO_LENGTH = Kind(
    "length-missing",
    411,
    "The size of the body is not told",
    "Send the header Content-Length; chunked bodies are not taken here.",
)
ALREADY_ENDING = Kind(
    "already-ending",
    409,
    "A line is being ended already, or has ended",
    "Nothing was declared for any of the lines. The field errors names those; leave them out.",
)
STATEMENT_MOVED = Kind(
    "statement-moved",
    409,
    "It comes to something else by now",
    "Nothing was declared. Ask /api/v1/statements again, show it, and send its shown along.",
)
NOT_OFFERED = Kind(
    "not-offered",
    409,
    "A line's policy does not offer this",
    "Nothing was declared for any of the lines. The field errors tells which line and what.",
)
KEY_REUSED = Kind(
    "idempotency-key-reused",
    409,
    "This key belongs to another declaration",
    "Send a new Idempotency-Key for other wishes; the same wishes get the same answer again.",
)
TOO_BIG = Kind(
    "too-big", 413, "The body is too big", "Send a smaller body; the description tells the limit."
)
WRONG_VALUES = Kind(
    "wrong-values",
    422,
    "A value is missing or does not fit",
    "The field errors names each place; /api/v1/openapi.json describes what fits.",
)
TOO_MANY = Kind(
    "too-many-requests",
    429,
    "Too many requests from this address",
    "The header Retry-After says in how many seconds the next one is answered.",
)
FAILED = Kind(
    "failed",
    500,
    "Something failed on our side",
    "It was logged. Try again in a minute; a repetition does no harm.",
)

KINDS: Mapping[str, Kind] = {
    kind.slug: kind
    for kind in (
        BAD_REQUEST,
        CALLBACK_MISREAD,
        NOT_LOGGED_IN,
        REFUSED,
        CALLBACK_REFUSED,
        CALLBACK_TOO_SOON,
        NOT_FOUND,
        NO_CERTIFICATE,
        WRONG_METHOD,
        ALREADY_ENDING,
        STATEMENT_MOVED,
        NOT_OFFERED,
        KEY_REUSED,
        NO_LENGTH,
        TOO_BIG,
        WRONG_VALUES,
        TOO_MANY,
        FAILED,
    )
}
_BY_STATUS = {
    kind.status: kind
    for kind in (
        BAD_REQUEST,
        NOT_LOGGED_IN,
        REFUSED,
        NOT_FOUND,
        WRONG_METHOD,
        NO_LENGTH,
        TOO_BIG,
        WRONG_VALUES,
        TOO_MANY,
        FAILED,
    )
}


class Problem(Exception):
    """The request cannot be answered as it was asked."""

    def __init__(self, kind: Kind, detail: str = "") -> None:
        super().__init__(kind.slug, detail)
        self.kind = kind
        self.detail = detail or kind.detail

    def __reduce__(self) -> tuple[object, ...]:
        return Problem, (self.kind, self.detail)


def answer(
    kind: Kind, *, detail: str = "", errors: Sequence[Mapping[str, str]] = ()
) -> HttpResponse:
    """The response that tells a problem."""
    content: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.detail,
    }
    if errors:
        content["errors"] = list(errors)
    response = JsonResponse(content, status=kind.status, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if kind.status == 401:
        response.headers["WWW-Authenticate"] = 'Cookie realm="signoff"'
    if kind is TOO_MANY:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def told(problem: Problem) -> HttpResponse:
    """The response for a problem that was raised."""
    return answer(problem.kind, detail=problem.detail)


class ProblemDetails:
    """Middleware: whatever fails at an address of ours, even before a view, tells it as a problem.

    Pages keep the error pages of people.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        ours = request.path.startswith(_ROOMS)
        if not ours or response.status_code < 400:
            return response
        if response.headers.get("Content-Type") == MEDIA_TYPE:
            return response
        wanted = _BY_STATUS.get(response.status_code)
        kind = wanted or (FAILED if response.status_code >= 500 else BAD_REQUEST)
        problem = answer(kind)
        if "Allow" in response.headers:
            problem.headers["Allow"] = response.headers["Allow"]
        return problem


def explain(request: HttpRequest, slug: str) -> HttpResponse:
    """A type of problem in words, for who opens its address."""
    kind = KINDS.get(slug)
    if kind is None:
        return answer(NOT_FOUND)
    text = f"{kind.status} {kind.title}\n\n{kind.detail}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
