"""The log-in's addresses: allauth's own, those it lacks, and those that stay shut.

What changes a log-in asks for a proof first; what belongs to signing up leads nowhere.
"""

from allauth.account import views as account
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import URLPattern, URLResolver, include, path, reverse_lazy
from django.views.generic import RedirectView

from signoff.channels.portal.account import help, views
from signoff.channels.portal.account.proving import proven_first

_to_overview = RedirectView.as_view(url=reverse_lazy("account_overview"))
_SHUT = ("email/", "confirm-email/", "phone/verify/", "phone/change/")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.overview, name="account_overview"),
    path("help", help.help_page, name="account_help"),
    path("help/taken", help.taken, name="account_help_taken"),
    path("prove/mail/", views.ProveByCode.as_view(), name="account_prove_mail"),
    path("prove/text/", views.ProveByCode.as_view(by_phone=True), name="account_prove_text"),
    path("devices/", views.sessions, name="account_sessions"),
    path("devices/end", views.end_sessions, name="account_end_sessions"),
    path("question/", views.question, name="account_question"),
    path("password/change/", proven_first(account.password_change)),
    path("password/set/", proven_first(account.password_set)),
    path("2fa/", _to_overview),
    path("2fa/totp/activate/", proven_first(totp.activate_totp)),
    path("2fa/totp/deactivate/", proven_first(totp.deactivate_totp)),
    path("2fa/recovery-codes/", proven_first(recovery.view_recovery_codes)),
    path("2fa/recovery-codes/generate/", proven_first(recovery.generate_recovery_codes)),
    path("2fa/recovery-codes/download/", proven_first(recovery.download_recovery_codes)),
    path("2fa/webauthn/", _to_overview),
    path("2fa/webauthn/add/", proven_first(passkeys.add_webauthn)),
    path("2fa/webauthn/keys/<int:pk>/remove/", proven_first(passkeys.remove_webauthn)),
    path("2fa/webauthn/keys/<int:pk>/edit/", _to_overview),
    *(path(shut, _to_overview) for shut in _SHUT),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
