"""The addresses of a demo: those of the tests' settings and the mailbox and phones."""

from django.urls import include, path

from signoff.config.urls import urlpatterns as _ours

urlpatterns = [
    path("demo/mailbox", include("signoff.channels.demo_mailbox.urls")),
    path("demo/sms", include("signoff.channels.demo_sms.urls")),
    *_ours,
]
