"""The desk's addresses. Nothing personal ever stands in one: a search is posted."""

from django.urls import path

from signoff.console import views

app_name = "console"

urlpatterns = [
    path("", views.queue, name="queue"),
    path("search", views.search, name="search"),
    path("cases/<uuid:case_id>", views.case, name="case"),
    path("cases/<uuid:case_id>/claim", views.claim, name="claim"),
    path("cases/<uuid:case_id>/hand-back", views.hand_back, name="hand_back"),
    path("cases/<uuid:case_id>/approve", views.approve, name="approve"),
    path("cases/<uuid:case_id>/ask", views.ask, name="ask"),
    path("cases/<uuid:case_id>/decline", views.decline, name="decline"),
    path("cases/<uuid:case_id>/retry/<int:attention_id>", views.retry, name="retry"),
    path("cases/<uuid:case_id>/documents/<uuid:document_id>", views.document, name="document"),
]
