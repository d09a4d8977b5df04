"""Every address of the web process, by room."""

from django.urls import URLPattern, URLResolver, include, path

from signoff.config.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("account/", include("allauth.account.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("", include("signoff.channels.portal.urls")),
]
