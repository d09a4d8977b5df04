"""The mailbox's addresses; config includes them in a demo only."""

from django.urls import path

from signoff.channels.demo_mailbox import views

app_name = "demo_mailbox"

urlpatterns = [
    path("", views.listing, name="listing"),
    path("/<slug:mail_id>", views.mail, name="mail"),
    path("/<slug:mail_id>/<int:number>", views.attachment, name="attachment"),
]
