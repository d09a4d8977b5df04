"""The portal's addresses. Lines are numbered, cases have UUIDs; another's answers 404."""

from django.urls import URLPattern, path

from signoff.channels.portal.views import (
    cases,
    confirm,
    data,
    genuine,
    help,
    home,
    leave,
    lines,
    prepare,
    verify,
)

app_name = "portal"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("help", help.help_page, name="help"),
    path("genuine", genuine.genuine, name="genuine"),
    path("verify", verify.verify, name="verify"),
    path("confirm/<str:token>", confirm.confirm, name="confirm"),
    path("lines", lines.lines, name="lines"),
    path("lines/<int:line_id>", lines.line, name="line"),
    path("lines/<int:line_id>/prepare", prepare.prepare, name="prepare"),
    path("lines/<int:line_id>/settle", prepare.settle, name="settle"),
    path("lines/<int:line_id>/pay", prepare.pay, name="pay"),
    path("lines/<int:line_id>/details", prepare.correct, name="correct"),
    path("lines/<int:line_id>/prepare/live", prepare.live, name="prepare-live"),
    path("lines/<int:line_id>/proof.pdf", prepare.proof, name="proof"),
    path("lines/<int:line_id>/data", data.data, name="data"),
    path("lines/<int:line_id>/data/live", data.live, name="data-live"),
    path("lines/<int:line_id>/data/<uuid:archive_id>.zip", data.file, name="data-file"),
    path("lines/<int:line_id>/document", prepare.upload, name="upload"),
    path("lines/<int:line_id>/leave", leave.leave, name="leave"),
    path("leave/unproven", leave.unproven, name="leave_unproven"),
    path("cases/<uuid:case_id>", cases.case, name="case"),
    path("cases/<uuid:case_id>/withdraw", cases.withdraw, name="withdraw"),
    path("cases/<uuid:case_id>/answer", cases.answer, name="answer"),
    path("cases/<uuid:case_id>/restore", cases.restore, name="restore"),
    path("cases/<uuid:case_id>/receipt.pdf", cases.receipt, name="receipt"),
    path("cases/<uuid:case_id>/certificate", cases.certificate, name="certificate"),
    path("cases/<uuid:case_id>/certificate.json", cases.certificate_json, name="certificate-json"),
    path("cases/<uuid:case_id>/certificate.pdf", cases.certificate_pdf, name="certificate-pdf"),
]
