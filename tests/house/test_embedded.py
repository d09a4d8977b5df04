"""The embedded PostgreSQL (docs/decisions/0001): nothing lost, no orphan, nobody else let in."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from signoff.cli.embedded import NAME, PORT, AlreadyRunning, EmbeddedError, Places, Server, running

OWNER = Path(__file__).with_name("owner.py")
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "with a space" / "home"


def connect(home: Path) -> psycopg.Connection:
    host = str(Places(home).sockets)
    return psycopg.connect(host=host, port=PORT, user=NAME, dbname=NAME, autocommit=True)


def start_owner(home: Path) -> tuple[subprocess.Popen[str], int]:
    """The owner's process and the number of its postgres."""
    owner = subprocess.Popen(
        [sys.executable, OWNER, home], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    said = owner.stdout.readline().split()
    if not said:
        pytest.fail(owner.communicate()[1])
    return owner, int(said[1])


def gone(pid: int, *, within: float = 20) -> bool:
    deadline = time.monotonic() + within
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kill(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.communicate()


@pytest.mark.slow
def test_a_second_start_finds_the_data(home: Path) -> None:
    with running(home), connect(home) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('太平')")

    with running(home), connect(home) as connection:
        found = connection.execute("SELECT word FROM kept").fetchone()

    assert found == ("太平",)


@pytest.mark.slow
def test_a_second_owner_is_refused_and_told_who_the_first_is(home: Path) -> None:
    first = Server(home)
    first.start()
    try:
        with pytest.raises(AlreadyRunning, match=rf"already running \(pid {os.getpid()}\)"):
            Server(home).start()
        assert first.alive()
    finally:
        first.stop()


@pytest.mark.slow
def test_a_second_command_joins_and_the_first_waits_for_it(home: Path) -> None:
    with running(home) as places, running(home) as joined:
        assert joined == places
        with connect(home) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.slow
def test_the_folder_and_the_socket_are_closed_to_others(home: Path) -> None:
    with running(home) as places:
        for folder in (places.data, places.sockets):
            assert folder.stat().st_mode & 0o077 == 0
        with connect(home) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


@pytest.mark.crash
def test_kill_9_of_the_owner_leaves_no_postgres_and_loses_no_commit(home: Path) -> None:
    owner, postgres = start_owner(home)
    with connect(home) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")

    kill(owner)

    assert gone(postgres)
    with running(home), connect(home) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


@pytest.mark.crash
def test_kill_9_of_both_recovers_without_a_person(home: Path) -> None:
    owner, postgres = start_owner(home)
    with connect(home) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")

    os.kill(postgres, signal.SIGKILL)
    kill(owner)

    with running(home), connect(home) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


@pytest.mark.crash
def test_a_leftover_server_is_stopped_before_a_new_one_starts(home: Path) -> None:
    server = Server(home)
    server.start()
    orphan = server.pid
    assert server._lock is not None
    os.close(server._lock)  # as if its owner had died while the kernel's signal was lost

    successor = Server(home)
    successor.start()
    try:
        assert server._process is not None
        assert server._process.wait(20) == 0
        assert successor.pid != orphan
    finally:
        successor.stop()


@pytest.mark.crash
def test_a_pid_file_with_someone_elses_number_stops_nobody(home: Path) -> None:
    with running(home) as places:
        pass
    bystander = subprocess.Popen(["sleep", "60"])
    (places.data / "postmaster.pid").write_text(f"{bystander.pid}\n{places.data}\n", "utf-8")

    with running(home):
        spared = bystander.poll() is None

    bystander.kill()
    bystander.wait()
    assert spared


@pytest.mark.crash
def test_an_interrupted_first_start_is_begun_anew(home: Path) -> None:
    draft = Places(home).draft
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n", encoding="ascii")

    with running(home), connect(home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert not draft.exists()


@pytest.mark.slow
def test_data_of_another_version_is_refused_and_left_alone(home: Path) -> None:
    data = Places(home).data
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n", encoding="ascii")

    with pytest.raises(EmbeddedError, match="holds data of PostgreSQL 15"):
        Server(home).start()

    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


@pytest.mark.slow
def test_a_long_path_gets_a_short_socket_folder_of_our_own(tmp_path: Path) -> None:
    home = tmp_path / ("long-" * 20) / ("name,with comma " * 3)

    with running(home) as places, connect(home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert places.sockets.parent == Path("/tmp")
    shutil.rmtree(places.sockets)


@pytest.mark.slow
def test_a_socket_folder_that_someone_else_made_is_refused(tmp_path: Path) -> None:
    home = tmp_path / ("long-" * 30)
    trap = Places(home).sockets
    trap.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedError, match="belongs to someone else"):
            Server(home).start()
    finally:
        trap.unlink()


@pytest.mark.slow
@as_root
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    small = tmp_path / "small disk"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no right to mount here")
    try:
        with pytest.raises(EmbeddedError, match="the disk is full"):
            Server(small / "home").start()
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.slow
@as_root
def test_as_root_the_server_runs_as_a_user_without_rights(home: Path) -> None:
    server = Server(home)
    server.start()
    try:
        owner = Path(f"/proc/{server.pid}").stat().st_uid
    finally:
        server.stop()

    assert pwd.getpwuid(owner).pw_name == NAME


@pytest.mark.slow
@as_root
def test_below_a_folder_of_roots_nothing_moves_and_nothing_is_opened(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    with running(closed / "home"), connect(closed / "home") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
@as_root
def test_an_ordinary_user_needs_no_root() -> None:
    nobody = pwd.getpwnam("nobody")
    become = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    python = _python_for([*become, "--"])
    home = Path("/tmp") / f"signoff-test-{os.getpid()}" / "of nobody"
    home.mkdir(parents=True)
    os.chown(home, nobody.pw_uid, nobody.pw_gid)

    owner = subprocess.Popen(
        [*become, "--", python, "-B", OWNER, home],
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert owner.stdout is not None
    said = owner.stdout.readline().split()
    try:
        assert said[0] == "up"
        assert Path(f"/proc/{said[1]}").stat().st_uid == nobody.pw_uid
    finally:
        kill(owner)
        assert gone(int(said[1]))
        shutil.rmtree(home.parent)


def _python_for(become: list[str]) -> str:
    """An interpreter of our version that this user may run, with our packages; else skips."""
    version = "{}.{}".format(*sys.version_info)
    for python in (sys.executable, f"/usr/bin/python{version}"):
        tried = [*become, python, "-c", f"open({str(OWNER)!r})"]
        if subprocess.run(tried, capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip("this checkout or its Python is closed to other users")
