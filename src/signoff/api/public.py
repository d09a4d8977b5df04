"""What anybody may ask: the keys certificates are signed with, and whether a file is genuine."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router

from signoff.api import bodies, shapes
from signoff.api.limits import limited
from signoff.ports import registry
from signoff.usecases.certify import SIGNER
from signoff.usecases.verify_certificate import verify as verify_file

MOST = 2 * 1024 * 1024
router = Router(tags=["certificates"])

_UPLOAD = {
    "requestBody": {
        "required": True,
        "description": f"A certificate, JSON or PDF, of at most {MOST} bytes.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/json": {"schema": {"type": "object"}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def published() -> shapes.Keys:
    """Every public key this installation ever signed with."""
    signer = registry.signers[SIGNER]
    return shapes.Keys(
        installation=signer.name,
        keys=[
            shapes.Key(
                key_id=key_id,
                algorithm="Ed25519",
                public_key=key.hex(),
                current=key_id == signer.key_id,
            )
            for key_id, key in sorted(signer.trusted_keys().items())
        ],
    )


@router.get("/keys", response=shapes.Keys, summary="The public keys of certificates")
def keys(request: HttpRequest, response: HttpResponse) -> shapes.Keys:
    response.headers["Cache-Control"] = "public, max-age=300"
    return published()


def well_known(request: HttpRequest) -> HttpResponse:
    """The same keys at an address that can be guessed."""
    response = JsonResponse(published().model_dump(mode="json"))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@router.post(
    "/verify",
    response={
        200: shapes.CheckedCertificate,
        411: shapes.ProblemShape,
        413: shapes.ProblemShape,
        422: shapes.ProblemShape,
        429: shapes.ProblemShape,
    },
    openapi_extra=_UPLOAD,
    summary="Whether a certificate is genuine, check by check",
)
def verify(request: HttpRequest) -> shapes.CheckedCertificate:
    """A file that is not genuine is an answer like any other: 200, with `ok` false."""
    limited(request)
    data = bodies.file_or_raw(request, most=MOST)
    verdict = verify_file(data, trusted_keys=registry.signers[SIGNER].trusted_keys())
    return shapes.CheckedCertificate(
        ok=verdict.ok,
        trusted=verdict.trusted,
        kind="pdf" if verdict.kind == "pdf" else "json",
        key_id=verdict.key_id,
        public_key=verdict.public_key,
        checks=[
            shapes.Check(
                part=check.part, state=check.state.value, code=check.code, detail=check.detail
            )
            for check in verdict.checks
        ],
        facts=dict(verdict.facts) if verdict.facts is not None else None,
    )
