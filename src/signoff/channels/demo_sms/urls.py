"""The phones' addresses; config includes them in a demo only."""

from django.urls import path

from signoff.channels.demo_sms import views

app_name = "demo_sms"

urlpatterns = [
    path("", views.listing, name="listing"),
    path("/<str:phone>", views.phone, name="phone"),
]
