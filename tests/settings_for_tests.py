"""The real settings, over a data folder and a key of the tests' own: no test touches ./var."""

import atexit
import os
import shutil
import tempfile

_HOME = tempfile.mkdtemp(prefix="signoff-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)

os.environ["SIGNOFF_HOME"] = _HOME
os.environ["SIGNOFF_SECRET_KEY"] = "only for tests, and long enough for the settings"
os.environ["SIGNOFF_DEMO"] = "0"

from signoff.config.settings import *  # noqa: E402, F403

# Argon2 takes a tenth of a second a password by design; what is tested here is not how slow it is.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
