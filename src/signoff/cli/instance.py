"""A whole Signoff on one machine: database, demo services, worker and web, as one."""

import contextlib
import http.client
import importlib
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections

from signoff.cli import database, embedded, preflight
from signoff.cli.errors import Refused
from signoff.cli.processes import Child
from signoff.testing.texting.network import NAMES, NUMBER

_PATIENCE = 90


@dataclass
class Instance:
    """What runs. `database` is None where DATABASE_URL names a server of the user's own."""

    url: str
    home: Path
    database: embedded.Server | None = None
    children: list[Child] = field(default_factory=list)

    def tend(self) -> None:
        """Brings back what died. Call it every second or so. Raises EmbeddedError if it cannot."""
        if self.database and not self.database.alive():
            database.tell("the database stopped; starting it again")
            self.database.stop()
            self.database.start()
        for child in self.children:
            child.tend(database.tell)


@contextlib.contextmanager
def running(*, demo: bool = True, load: Callable[[], object] | None = None) -> Iterator[Instance]:
    """Everything, ready to answer, for as long as the block lasts. Honours PORT, SIGNOFF_HOME etc.

    `load` fills an empty demo, with the usual people where it is left out. Call from the main
    thread, before Django's settings are read: it sets the variables the children share. Raises
    Refused, EmbeddedError or ImproperlyConfigured, each one line with its mend. What was started is
    stopped in the reverse order, whatever happens.
    """
    services = _choose_demo_services() if demo else []
    database.set_up_django()
    home: Path = settings.SIGNOFF_HOME
    preflight.home_usable(home)
    preflight.port_free(settings.SIGNOFF_LISTEN, settings.SIGNOFF_PORT)
    instance = Instance(url=settings.SIGNOFF_BASE_URL, home=home)
    with contextlib.ExitStack() as stack:
        if settings.SIGNOFF_EMBEDDED:
            instance.database = embedded.Server(home, tell=database.tell)
            stack.callback(instance.database.stop)
            instance.database.start()
        stack.callback(connections.close_all)
        database.migrate()
        for name in services:
            _start(instance, name, stack=stack)
        if settings.SIGNOFF_DEMO:
            (load or _load_demo)()
        connections.close_all()
        for name in ("worker", "web"):
            _start(instance, name, stack=stack)
        _wait_until_healthy(instance)
        if settings.SIGNOFF_DEMO:
            _ask_for_callbacks()
        yield instance


def _choose_demo_services() -> list[str]:
    """Those of mailbox, sandbox and texts that are to be ours: the user named no other."""
    if os.environ.setdefault("SIGNOFF_DEMO", "1") == "0":
        return []
    ours = []
    for service, variable, scheme in (
        ("mailbox", "SIGNOFF_SMTP_URL", "smtp"),
        ("sandbox", "SIGNOFF_SANDBOX_URL", "http"),
        ("texts", "SIGNOFF_SMS_URL", "smpp"),
    ):
        if variable not in os.environ:
            os.environ[variable] = f"{scheme}://127.0.0.1:{preflight.any_port()}"
            ours.append(service)
    if "texts" in ours:
        user, secret = NAMES
        told = {"FROM": NUMBER, "USER": user, "SECRET": secret}
        os.environ.update({f"SIGNOFF_SMS_{name}": value for name, value in told.items()})
    return ours


def _words(name: str, home: Path) -> list[str]:
    """What comes after `signoff` to start this service."""
    if name == "mailbox":
        return ["mailbox", "--folder", f"{home}/mailbox", "--port", str(settings.EMAIL_PORT)]
    if name == "sandbox":
        port = str(urlsplit(settings.SIGNOFF_SANDBOX_URL).port)
        return ["sandbox", "--state", f"{home}/sandbox.state", "--port", port]
    if name == "texts":
        port = str(urlsplit(os.environ["SIGNOFF_SMS_URL"]).port)
        return ["texts", "--folder", f"{home}/texts", "--port", port]
    return {"worker": ["worker"], "web": ["serve"]}[name]


def _start(instance: Instance, name: str, *, stack: contextlib.ExitStack) -> None:
    log = instance.home / "logs" / f"{name}.log"
    child = Child(name, words=_words(name, instance.home), log=log, env=os.environ)
    child.start()
    stack.callback(child.stop)
    instance.children.append(child)


def _load_demo() -> None:
    """Fills an empty database; leaves any other alone."""
    if find_spec("signoff.cli.seed"):
        seed = importlib.import_module("signoff.cli.seed")
        if seed.load():
            seed.load_sunset()


def _ask_for_callbacks() -> None:
    """Has the sandbox's carriers tell us when they are done; they are read back anyway."""
    from signoff.workflows import callbacks  # it reaches the tables, which are ready only now

    callbacks.subscribe(_address())


def _wait_until_healthy(instance: Instance) -> None:
    """Raises Refused, naming the log, when the web process dies or does not answer in time."""
    web = instance.children[-1]
    deadline = time.monotonic() + _PATIENCE
    address = f"{_address()}/healthz"
    while time.monotonic() < deadline:
        if not web.alive():
            raise Refused(f"the web process stopped: {_last_line(web.log)} (all of it: {web.log})")
        if _answers(address):
            return
        time.sleep(0.1)
    raise Refused(f"the web process does not answer at {address}; its log: {web.log}")


def _address() -> str:
    """Where the web process is, seen from this machine."""
    listen = settings.SIGNOFF_LISTEN
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen, listen)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.SIGNOFF_PORT}"


def _answers(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return False


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "without a word"
