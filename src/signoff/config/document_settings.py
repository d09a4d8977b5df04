"""The settings of documents that are more than a text: their store, their key, the scanner."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from signoff.config.env import Env, Secret, SettingError

_DEBIAN = Path("/run/clamav/clamd.ctl")


def document_store(env: Env) -> str:
    """SIGNOFF_DOCUMENTS: `disk`, or `s3://bucket/prefix?endpoint=https://...&region=...`."""
    store = env.text("SIGNOFF_DOCUMENTS", "disk")
    if store == "disk":
        return store
    from signoff.integrations.documents.s3 import Bucket

    mend = "write disk, or s3://bucket/prefix?endpoint=https://host&region=name"
    try:
        Bucket.from_url(store)
    except ValueError as error:
        raise SettingError("SIGNOFF_DOCUMENTS", str(error), mend=mend) from error
    for name in ("SIGNOFF_S3_KEY_ID", "SIGNOFF_S3_SECRET"):
        if not env.secret(name):
            raise SettingError(name, "is not set", mend="a bucket needs both halves of its key")
    return store


def documents_key(env: Env) -> Secret:
    """SIGNOFF_DOCUMENTS_KEY: 64 hexadecimal digits; empty where it is kept in a file."""
    given = env.secret("SIGNOFF_DOCUMENTS_KEY")
    if given and not re.fullmatch("[0-9a-fA-F]{64}", given.reveal()):
        raise SettingError(
            "SIGNOFF_DOCUMENTS_KEY",
            "is not 64 hexadecimal digits",
            mend="make one with: openssl rand -hex 32",
        )
    return given


def clamd_address(env: Env) -> str:
    """SIGNOFF_CLAMD: `unix:/path` or `tcp://host:port`; empty where there is no scanner.

    Unset, ClamAV's own socket on Debian is taken where its package is installed.
    """
    address = env.text("SIGNOFF_CLAMD", f"unix:{_DEBIAN}" if _DEBIAN.parent.is_dir() else "none")
    if address == "none":
        return ""
    parts = urlsplit(address)
    local = parts.scheme == "unix" and parts.path.startswith("/")
    remote = parts.scheme == "tcp" and parts.hostname
    if not (local or remote):
        raise SettingError(
            "SIGNOFF_CLAMD",
            "is neither a socket nor an address",
            mend="write unix:/run/clamav/clamd.ctl, tcp://127.0.0.1:3310 or none",
        )
    return address
