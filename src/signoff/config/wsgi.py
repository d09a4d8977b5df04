"""The WSGI application that `signoff serve` runs."""

import os

from django.core.wsgi import get_wsgi_application

from signoff.cli.processes import follow_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "signoff.config.settings")
if os.environ.get("SIGNOFF_FOLLOW_PARENT"):  # set by `signoff serve`, whose workers we are
    follow_parent()

application = get_wsgi_application()
