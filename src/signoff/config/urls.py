"""Every address of the web process, by room."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from signoff.channels.portal.account.limits import too_many
from signoff.config.health import healthz

handler429 = too_many
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("account/", include("signoff.channels.portal.account.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("desk/", include("signoff.console.urls")),
    path("", include("signoff.api.urls")),
    path("", include("signoff.channels.portal.urls")),
]
if settings.SIGNOFF_DEMO:
    urlpatterns.insert(0, path("demo/mailbox", include("signoff.channels.demo_mailbox.urls")))
    urlpatterns.insert(0, path("demo/sms", include("signoff.channels.demo_sms.urls")))
