"""The SQLite backend: writers queue up, connections are kept, the dead hold nobody up."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from django.db import OperationalError, connection, connections, transaction

from canvas.core.sqlite.gate import Gate
from canvas.core.sqlite.pool import MOST_IDLE, Pool, file_of
from canvas.workspaces.models import Plan

HOLD = """
import sys
from pathlib import Path
from canvas.core.sqlite.gate import Gate
gate = Gate(Path(sys.argv[1]))
gate.enter(5)
print("in", flush=True)
sys.stdin.read()
"""
only_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="the backend of SQLite: PostgreSQL has its own locks"
)


def holder(path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "in\n"
    return process


def end(process):
    process.communicate()


def test_one_writer_is_inside_at_a_time(tmp_path):
    gate, inside, most = Gate(tmp_path / "gate"), [], []

    def write():
        for _ in range(20):
            with gate.entered(10):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.0001)
                inside.pop()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(most), max(most)) == (160, 1)


def test_another_process_waits_outside_and_is_told_so_in_the_words_of_sqlite(tmp_path):
    process = holder(tmp_path / "gate")
    gate = Gate(tmp_path / "gate")

    with pytest.raises(sqlite3.OperationalError, match=r"^database is locked$"):
        gate.enter(0.1)
    end(process)

    gate.enter(5)
    gate.leave()


def test_a_process_that_is_killed_inside_lets_the_next_one_in(tmp_path):
    process = holder(tmp_path / "gate")
    gate = Gate(tmp_path / "gate")

    os.kill(process.pid, signal.SIGKILL)
    end(process)
    began = time.monotonic()
    gate.enter(5)
    waited_s = time.monotonic() - began
    gate.leave()

    assert process.returncode == -signal.SIGKILL
    assert waited_s < 1


def test_the_child_of_a_process_that_is_killed_inside_holds_nobody_up(tmp_path):
    path = tmp_path / "gate"
    forking = HOLD.replace(
        "gate.enter(5)",
        "import os; os.register_at_fork(after_in_child=gate.begin_in_child); gate.enter(5)\n"
        "if os.fork() == 0: import time; time.sleep(30); os._exit(0)",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", forking, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout.readline() == "in\n"
    gate = Gate(path)

    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)

    try:
        began = time.monotonic()
        gate.enter(5)
        waited_s = time.monotonic() - began
        gate.leave()
        assert waited_s < 1
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.stdin.close()


def test_a_process_whose_threads_queue_lets_another_in_between(tmp_path):
    gate, over = Gate(tmp_path / "gate"), threading.Event()

    def write():
        while not over.is_set():
            with gate.entered(10):
                time.sleep(0.001)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    other = holder(tmp_path / "gate")
    waited_s = time.monotonic() - began
    end(other)
    over.set()
    for thread in threads:
        thread.join()

    assert waited_s < 5  # a start of Python, and a turn


def test_a_connection_that_is_given_back_is_taken_again(tmp_path):
    pool, path = Pool(), str(tmp_path / "db")
    given = sqlite3.connect(path, check_same_thread=False)

    pool.give(file_of(path), given)

    assert pool.take(file_of(path)) is given
    assert pool.take(file_of(path)) is None


def test_what_was_not_committed_is_not_handed_on(tmp_path):
    pool, path = Pool(), str(tmp_path / "db")
    given = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    given.execute("CREATE TABLE t (a)")
    given.execute("BEGIN IMMEDIATE")
    given.execute("INSERT INTO t VALUES (1)")

    pool.give(file_of(path), given)

    taken = pool.take(file_of(path))
    assert taken.in_transaction is False
    assert taken.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_file_that_was_replaced_is_another_database(tmp_path):
    pool, path = Pool(), tmp_path / "db"
    idle, out = sqlite3.connect(str(path)), sqlite3.connect(str(path))
    before = file_of(str(path))
    pool.give(before, idle)

    (tmp_path / "new").touch()
    (tmp_path / "new").replace(path)
    pool.give(before, out)  # opened before, given back after

    assert pool.take(file_of(str(path))) is None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        out.execute("SELECT 1")


def test_no_more_are_kept_than_are_useful(tmp_path):
    pool, path = Pool(), str(tmp_path / "db")
    for _ in range(MOST_IDLE + 3):
        pool.give(file_of(path), sqlite3.connect(path))

    taken = [pool.take(file_of(path)) for _ in range(MOST_IDLE + 1)]

    assert [each is None for each in taken] == [False] * MOST_IDLE + [True]


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_many_threads_write_alone_and_in_transactions_without_one_error():
    plan, errors = Plan.objects.first(), []

    def write():
        try:
            for _ in range(10):
                with transaction.atomic():
                    count = Plan.objects.get(pk=plan.pk).max_projects or 0
                    Plan.objects.filter(pk=plan.pk).update(max_projects=count + 1)
                Plan.objects.filter(pk=plan.pk).update(tokens_a_month=threading.get_ident())
        except OperationalError as exc:
            errors.append(exc)
        finally:
            connections.close_all()

    Plan.objects.filter(pk=plan.pk).update(max_projects=0)
    threads = [threading.Thread(target=write) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert Plan.objects.get(pk=plan.pk).max_projects == 120


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_lets_the_next_one_in():
    def fail():
        with transaction.atomic():
            Plan.objects.update(max_projects=3)
            raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError):
            fail()
    with transaction.atomic():
        connection.close()  # as when a server went away
    done = threading.Event()

    def write():
        Plan.objects.update(max_projects=7)
        connections.close_all()
        done.set()

    threading.Thread(target=write).start()

    assert done.wait(5)
    assert set(Plan.objects.values_list("max_projects", flat=True)) == {7}
