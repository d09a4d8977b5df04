"""The desk's addresses. Nothing personal ever stands in one: a search is posted."""

from django.urls import path

from signoff.console import disputes, papers, talk, views
from signoff.console.calls import call, waiting
from signoff.console.sunsets import acts, making, reports
from signoff.console.sunsets import views as sunsets

app_name = "console"

urlpatterns = [
    path("", views.queue, name="queue"),
    path("search", views.search, name="search"),
    path("calls/", waiting, name="calls"),
    path("calls/<uuid:call_id>", call, name="call"),
    path("cases/<uuid:case_id>", views.case, name="case"),
    path("cases/<uuid:case_id>/claim", views.claim, name="claim"),
    path("cases/<uuid:case_id>/hand-back", views.hand_back, name="hand_back"),
    path("cases/<uuid:case_id>/approve", views.approve, name="approve"),
    path("cases/<uuid:case_id>/ask", views.ask, name="ask"),
    path("cases/<uuid:case_id>/decline", views.decline, name="decline"),
    path("cases/<uuid:case_id>/message", talk.answer, name="message"),
    path("cases/<uuid:case_id>/note", talk.note, name="note"),
    path("cases/<uuid:case_id>/read", talk.read, name="read"),
    path("cases/<uuid:case_id>/pack", talk.ask_pack, name="ask_pack"),
    path("cases/<uuid:case_id>/evidence.zip", talk.pack, name="pack"),
    path("cases/<uuid:case_id>/retry/<int:attention_id>", views.retry, name="retry"),
    path("cases/<uuid:case_id>/documents/<uuid:document_id>", papers.document, name="document"),
    path("documents", papers.health, name="documents"),
    path("disputes", disputes.waiting, name="disputes"),
    path("disputes/<int:dispute_id>", disputes.decide, name="dispute"),
    path("sunsets/", sunsets.runs, name="sunsets"),
    path("sunsets/new", making.new, name="sunset_new"),
    path("sunsets/<uuid:run_id>", sunsets.run, name="sunset"),
    path("sunsets/<uuid:run_id>/live", sunsets.live, name="sunset_live"),
    path("sunsets/<uuid:run_id>/left-out", sunsets.left_out, name="sunset_left_out"),
    path("sunsets/<uuid:run_id>/waiting", sunsets.waiting, name="sunset_waiting"),
    path("sunsets/<uuid:run_id>/rehearse", acts.rehearse, name="sunset_rehearse"),
    path("sunsets/<uuid:run_id>/confirm", acts.confirm, name="sunset_confirm"),
    path("sunsets/<uuid:run_id>/start", acts.start, name="sunset_start"),
    path("sunsets/<uuid:run_id>/pause", acts.pause, name="sunset_pause"),
    path("sunsets/<uuid:run_id>/resume", acts.resume, name="sunset_resume"),
    path("sunsets/<uuid:run_id>/abort", acts.abort, name="sunset_abort"),
    path("sunsets/<uuid:run_id>/retry", acts.retry, name="sunset_retry"),
    path("sunsets/<uuid:run_id>/report", reports.report, name="sunset_report"),
    path("sunsets/<uuid:run_id>/report.csv", reports.rows_csv, name="sunset_csv"),
    path("sunsets/<uuid:run_id>/report.json", reports.signed_json, name="sunset_json"),
]
