"""The API's addresses, and how its refusals are told."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from signoff import __version__
from signoff.api import (
    callbacks,
    cases,
    declarations,
    genuine,
    problems,
    public,
    text_callbacks,
)
from signoff.api.problems import MEDIA_TYPE, NOT_LOGGED_IN, WRONG_VALUES, Problem


class _Api(NinjaAPI):
    """Describes refusals under the media type they have."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        for methods in schema["paths"].values():
            for operation in methods.values():
                for status, response in operation["responses"].items():
                    content = response.get("content", {})
                    if int(status) >= 400 and "application/json" in content:
                        content[MEDIA_TYPE] = content.pop("application/json")
        return schema


api = _Api(
    title="Signoff",
    version=__version__,
    description="Lines, the cases that end them, and the certificates that prove it.",
    docs_url=None,
    urls_namespace="api",
)
api.add_router("", cases.router)
api.add_router("", declarations.router)
api.add_router("", public.router)
api.add_router("", genuine.router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problems.told(problem)


@api.exception_handler(AuthenticationError)
def _not_logged_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problems.answer(NOT_LOGGED_IN)


@api.exception_handler(ValidationError)
def _wrong_values(request: HttpRequest, error: ValidationError) -> HttpResponse:
    # pydantic's own sentences may repeat what was sent: its type of error says enough.
    errors = [
        {"where": ".".join(map(str, wrong["loc"])), "what": str(wrong["type"])}
        for wrong in error.errors
    ]
    return problems.answer(WRONG_VALUES, errors=errors)


urlpatterns = [
    path("api/v1/", api.urls),
    path("api/problems/<slug:slug>", problems.explain, name="problem"),
    path("callbacks/carriers/<slug:name>", callbacks.carrier, name="carrier_callback"),
    path("callbacks/payments/<slug:name>", callbacks.payments, name="payment_callback"),
    path("callbacks/texts", text_callbacks.texts, name="texts_callback"),
    path(".well-known/signoff-keys.json", public.well_known, name="well_known_keys"),
]
