"""A person's own log-in: what it consists of, a proof by code, devices, a security question."""

from typing import Any, cast

from allauth.account.views import BaseReauthenticateView
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.forms import CharField, Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from signoff.channels.portal import asking
from signoff.channels.portal.account import devices, limits
from signoff.channels.portal.account.codes import StepUpCode
from signoff.channels.portal.account.forms import OwnQuestion
from signoff.channels.portal.account.proving import proven_first
from signoff.records import people
from signoff.records.models import User
from signoff.usecases import security_questions
from signoff.wording.tags import language, sentence
from signoff.workflows import getting_in


@never_cache
@login_required
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Everything a person logs in with, and where to change it."""
    user, person = cast(User, request.user), people.by_id(request.user.pk or 0)
    factors = Authenticator.objects.filter(user=user).order_by("created_at")
    by_type: dict[str, list[Any]] = {}
    for each in factors:
        by_type.setdefault(each.type, []).append(each)
    shown = {
        "nav": "account",
        "email": user.email,
        "phone": user.phone,
        "phone_off": bool(user.phone) and not (person and person.phone),
        "has_password": user.has_usable_password(),
        "passkeys": [each.wrap() for each in by_type.get("webauthn", [])],
        "totp": bool(by_type.get("totp")),
        "recovery": [each.wrap() for each in by_type.get("recovery_codes", [])],
        "question": bool(person and security_questions.is_offered(person)),
        "question_set": bool(person and security_questions.question_for(person)),
        "devices": UserSession.objects.filter(user=user).count(),
    }
    return render(request, "account/overview.html", shown)


# ---------------------------------------------------------------- a proof by code
class _CodeForm(Form):
    code = CharField(max_length=20)


@method_decorator(never_cache, name="dispatch")
@method_decorator(login_required, name="dispatch")
class ProveByCode(BaseReauthenticateView):
    """Send a code to the person's own e-mail or phone, and take it as a proof (A4)."""

    template_name = "account/prove_code.html"
    form_class = _CodeForm
    by_phone = False
    request: HttpRequest

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "send":
            return self._send(request)
        return super().post(request, *args, **kwargs)

    def _send(self, request: HttpRequest) -> HttpResponse:
        key = cast(User, request.user).email
        if not ratelimit.consume(request, action="request_login_code", key=key):
            error = limits.paused(request, action="request_login_code", key=key)
            form = self.get_form_class()()
            return self.render_to_response(
                self.get_context_data(form=form, refused=error.messages), status=429
            )
        StepUpCode.begin(request, by_phone=self.by_phone)
        here = self.passthrough_next_url(request.path)  # type: ignore[no-untyped-call]
        return HttpResponseRedirect(here)

    def form_valid(self, form: _CodeForm) -> HttpResponse:
        process = StepUpCode.resume(self.request)
        if process is None:
            return self._wrong(form, "enter.code_used_up")
        if not process.takes(form.cleaned_data["code"]):
            left = process.record_invalid_attempt()
            return self._wrong(form, "enter.wrong_code" if left else "enter.code_used_up")
        process.finish()
        return super().form_valid(form)

    def _wrong(self, form: _CodeForm, key: str) -> HttpResponse:
        form.add_error("code", sentence(key))
        return self.form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        process = StepUpCode.resume(self.request)
        user = cast(User, self.request.user)
        context["sent"] = process is not None and process.by_phone == self.by_phone
        context["by_phone"] = self.by_phone
        context["to"] = user.phone if self.by_phone else masked_email(user.email)
        return context


def masked_email(address: str) -> str:
    """An address its owner knows again, and nobody who looks over a shoulder."""
    name, _, host = address.partition("@")
    return f"{name[:1]}···@{host}"


# ---------------------------------------------------------------- devices
@never_cache
@login_required
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """Where a person is logged in."""
    user = cast(User, request.user)
    rows = [devices.shown(each) for each in UserSession.objects.purge_and_list(user)]
    rows.sort(key=lambda row: (not row.current, -row.last_seen_at.timestamp()))
    return render(request, "account/sessions.html", {"rows": rows, "nav": "account"})


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log out one device, all others, or everywhere."""
    mine = UserSession.objects.filter(user=cast(User, request.user))
    here = request.session.session_key
    which = request.POST.get("which", "")
    if which == "everywhere":
        for each in mine:
            each.end()
        logout(request)
        return HttpResponseRedirect(reverse("account_login"))
    chosen = mine.exclude(session_key=here)
    if which != "others":
        chosen = (
            chosen.filter(id=int(which)) if which.isdecimal() and len(which) < 18 else mine.none()
        )
    ended = [each.end() for each in chosen]
    if ended:
        asking.told(request, "sessions.ended")
    return HttpResponseRedirect(reverse("account_sessions"))


# ---------------------------------------------------------------- a question
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proven_first
def question(request: HttpRequest) -> HttpResponse:
    """Set a question of one's own, where the brand has them (A3)."""
    person = people.by_id(request.user.pk or 0)
    if person is None or not security_questions.is_offered(person):
        return HttpResponseRedirect(reverse("account_overview"))
    form = OwnQuestion(request.POST or None)
    if request.method == "POST" and form.is_valid():
        getting_in.keep_question(
            person.id,
            question=form.cleaned_data["question"],
            answer=form.cleaned_data["answer"],
            language=language(),
        )
        asking.told(request, "security.question_kept")
        return HttpResponseRedirect(reverse("account_overview"))
    shown = {"form": form, "kept": security_questions.question_for(person), "nav": "account"}
    return render(request, "account/question.html", shown)
