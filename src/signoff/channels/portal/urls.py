"""The portal's addresses."""

from django.urls import URLPattern, path

app_name = "portal"
urlpatterns: list[URLPattern] = []
