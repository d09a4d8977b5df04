"""`signoff up`: everything starts together, and nothing is left of it however it ends."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from signoff.cli.preflight import any_port

pytestmark = pytest.mark.crash


class Running:
    """`signoff up` as a process, with a home and a port of its own."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, any_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "SIGNOFF_HOME": str(home),
            "PORT": str(self.port),
        }
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "signoff", "up"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def until_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "Stop with Ctrl-C" in line:
                return
        pytest.fail(self.process.communicate()[1])

    def healthy(self, *, within: float = 30) -> bool:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            try:
                url = f"http://127.0.0.1:{self.port}/healthz"
                with urllib.request.urlopen(url, timeout=5) as answer:
                    return bool(answer.status == 200)
            except OSError:
                time.sleep(0.1)
        return False

    def processes(self) -> dict[int, str]:
        """Every process that carries this home in its environment or runs in it, by command."""
        return {
            int(entry.name): command
            for entry in Path("/proc").glob("[0-9]*")
            if (command := self._ours(entry)) and int(entry.name) != os.getpid()
        }

    def _ours(self, entry: Path) -> str:
        try:
            command = entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ")
            environment = entry.joinpath("environ").read_bytes()
            inside = str(entry.joinpath("cwd").readlink()).startswith(str(self.home))
        except OSError:
            return ""
        marked = f"SIGNOFF_HOME={self.home}\0".encode() in environment
        return command.decode(errors="replace") if marked or inside else ""

    def all_gone(self, *, within: float = 30) -> bool:
        deadline = time.monotonic() + within
        while self.processes():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def pid_of(self, word: str) -> int:
        return min(pid for pid, command in self.processes().items() if word in command)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "a home")
    running.until_ready()
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.communicate()
    assert running.all_gone()


def test_ctrl_c_stops_everything_and_a_second_start_finds_its_data(up: Running) -> None:
    assert up.healthy()
    created = (up.home / "postgres" / "PG_VERSION").stat().st_mtime_ns

    up.process.send_signal(signal.SIGINT)

    assert up.process.wait(60) == 0
    assert up.all_gone()
    up.process.communicate()
    up.process = up.start()
    up.until_ready()
    assert up.healthy()
    assert (up.home / "postgres" / "PG_VERSION").stat().st_mtime_ns == created


def test_kill_9_leaves_nothing_behind(up: Running) -> None:
    assert len(up.processes()) > 5

    up.process.kill()

    assert up.all_gone()


def test_web_and_database_come_back_when_they_are_killed(up: Running) -> None:
    os.kill(up.pid_of("signoff serve"), signal.SIGKILL)
    time.sleep(2)
    assert up.healthy()

    os.kill(up.pid_of("bin/postgres"), signal.SIGKILL)
    time.sleep(2)
    assert up.healthy()


def test_a_second_one_on_the_same_home_is_refused_and_the_first_stays(up: Running) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "signoff", "up"],
        env={**up.environment, "PORT": str(any_port())},
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 2
    assert f"already running (pid {up.process.pid})" in second.stderr
    assert second.stderr.count("\n") == 1
    assert up.healthy()


def test_a_taken_port_is_named_in_one_line_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = subprocess.run(
            [sys.executable, "-m", "signoff", "up"],
            env={"PATH": os.environ["PATH"], "SIGNOFF_HOME": str(tmp_path), "PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert done.stderr == (
        f"signoff: port {port} is taken; stop what uses it, or choose another: PORT={port + 1}\n"
    )
    assert not (tmp_path / "postgres").exists()


def test_a_mail_sent_over_smtp_lies_in_the_mailbox(up: Running) -> None:
    words = up.processes()[up.pid_of("signoff mailbox")].split()
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@b.example", "c@d.example", "销户受理"
    letter.set_content("受理回执")

    with smtplib.SMTP("127.0.0.1", int(words[-1])) as smtp:
        smtp.send_message(letter)

    (kept,) = (up.home / "mailbox" / "new").iterdir()
    assert kept.read_bytes().startswith(b"X-Envelope-To: c@d.example\r\n")
