"""Sealed bytes in a bucket of any S3-compatible service, addressed by path, signed with SigV4.

Source of the signature: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API
Reference. Three calls are all that is needed, so the provider's own library is not.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

import httpx

from signoff.ports.documents import DocumentsError, NoSuchDocument

_TRIES = 3
_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where objects lie: `endpoint` is a URL, `prefix` is empty or ends with a slash."""

    name: str
    prefix: str
    endpoint: str
    region: str

    @classmethod
    def from_url(cls, url: str) -> "Bucket":
        """From `s3://bucket/prefix?endpoint=https://host&region=name`. Raises ValueError."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        region = query.pop("region", "us-east-1")
        endpoint = query.pop("endpoint", f"https://s3.{region}.amazonaws.com").rstrip("/")
        whole = urlsplit(endpoint)
        if parts.scheme != "s3" or not parts.netloc or query:
            raise ValueError("is not s3://bucket/prefix?endpoint=...&region=...")
        if whole.scheme not in ("https", "http") or not whole.netloc or whole.path:
            raise ValueError("names an endpoint that is no https://host")
        prefix = parts.path.strip("/")
        return cls(parts.netloc, f"{prefix}/" if prefix else "", endpoint, region)


class S3Store:
    """Objects in a bucket. A refused or lost call is tried again; none of them adds anything."""

    def __init__(
        self,
        bucket: Bucket,
        *,
        key_id: str,
        secret: str,
        now: Callable[[], datetime],
        timeout_s: float = 20,
    ) -> None:
        self._bucket, self._key_id, self._secret, self._now = bucket, key_id, secret, now
        self._client = httpx.Client(timeout=timeout_s)

    def put(self, key: UUID, data: bytes) -> None:
        """Keep an object. Raises DocumentsError."""
        self._answered("PUT", key, data=data)

    def get(self, key: UUID) -> bytes:
        """An object's bytes. Raises NoSuchDocument, DocumentsError."""
        answer = self._answered("GET", key)
        if answer is None:
            raise NoSuchDocument(key)
        return answer.content

    def delete(self, key: UUID) -> None:
        """Remove an object. Raises DocumentsError."""
        self._answered("DELETE", key)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _answered(self, method: str, key: UUID, *, data: bytes = b"") -> httpx.Response | None:
        """The answer to a call, or None where there is no such object."""
        for tries_left in reversed(range(_TRIES)):
            try:
                answer = self._call(method, key, data=data)
            except httpx.HTTPError as error:
                if not tries_left:
                    raise DocumentsError(f"no answer: {type(error).__name__}") from error
                continue
            if answer.is_success:
                return answer
            if answer.status_code == 404 and b"NoSuchKey" in answer.content:
                return None
            if answer.status_code not in _AGAIN or not tries_left:
                raise DocumentsError(f"refused: {answer.status_code}")
        raise AssertionError("unreachable")

    def _call(self, method: str, key: UUID, *, data: bytes) -> httpx.Response:
        bucket = self._bucket
        path = quote(f"/{bucket.name}/{bucket.prefix}{key}.bin")
        headers = {"host": urlsplit(bucket.endpoint).netloc}
        signed = signature(
            method,
            path,
            headers=headers,
            body=data,
            region=bucket.region,
            key_id=self._key_id,
            secret=self._secret,
            now=self._now(),
        )
        return self._client.request(
            method, bucket.endpoint + path, headers={**headers, **signed}, content=data
        )


def signature(
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    region: str,
    key_id: str,
    secret: str,
    now: datetime,
) -> dict[str, str]:
    """The headers that sign a call without a query; `headers` are the others, in lower case."""
    digest, at = sha256(body).hexdigest(), f"{now:%Y%m%dT%H%M%SZ}"
    every = {**headers, "x-amz-content-sha256": digest, "x-amz-date": at}
    names = ";".join(sorted(every))
    listed = "".join(f"{name}:{every[name].strip()}\n" for name in sorted(every))
    request = f"{method}\n{path}\n\n{listed}\n{names}\n{digest}"
    scope = f"{now:%Y%m%d}/{region}/s3/aws4_request"
    told = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signed = hmac.new(key, told.encode(), "sha256").hexdigest()
    return {
        "x-amz-content-sha256": digest,
        "x-amz-date": at,
        "authorization": f"AWS4-HMAC-SHA256 Credential={key_id}/{scope},"
        f"SignedHeaders={names},Signature={signed}",
    }
