"""Public checks answer often, but not endlessly: a page that says when to come back (Q3)."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from signoff.usecases import public_limits

_View = Callable[[HttpRequest], HttpResponse]


def limited(view: _View) -> _View:
    """A public page whose POSTs are counted."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and public_limits.too_often(request):
            seconds = public_limits.RETRY_AFTER_S
            response = render(request, "429.html", {"minutes": seconds // 60}, status=429)
            response.headers["Retry-After"] = str(seconds)
            return response
        return view(request)

    return guarded
