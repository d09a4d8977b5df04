"""The installation's own secret for sessions and signed links."""

import os
import secrets
from pathlib import Path

from signoff.config.env import Env, SettingError

_NAME = "SIGNOFF_SECRET_KEY"


def secret_key(env: Env, *, home: Path) -> str:
    """SIGNOFF_SECRET_KEY, or one made once and kept in `home`/keys/secret_key (mode 0600).

    Raises SettingError when the key is too short or the folder can neither be read nor written.
    """
    given = env.secret(_NAME).reveal()
    if given:
        if len(given) < 32:
            raise SettingError(_NAME, "is shorter than 32 characters", mend="use a longer one")
        return given
    path = home / "keys" / "secret_key"
    try:
        return _read(path) or _create(path)
    except OSError as error:
        raise SettingError(
            "SIGNOFF_HOME",
            f"cannot keep keys in {path.parent}: {error.strerror}",
            mend="make it writable for this user, or set SIGNOFF_SECRET_KEY",
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _create(path: Path) -> str:
    """Writes a new key whole or not at all; of two that try at once the first one's key stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"secret_key.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)
