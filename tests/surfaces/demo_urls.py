"""The addresses of a demo: those of the tests' settings and the mailbox."""

from django.urls import include, path

from signoff.config.urls import urlpatterns as _ours

urlpatterns = [path("demo/mailbox", include("signoff.channels.demo_mailbox.urls")), *_ours]
