"""The bus: who is woken, what a burst, a bad topic, a dead thread and a dead server cost."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from django.db import transaction

from canvas.core import bus, carriers

LISTENER = """
import sys
from pathlib import Path
import django
django.setup()
from canvas.core import bus, carriers

heard = set()
hub = bus.Hub(carriers.LocalCarrier(Path(sys.argv[1])))
hub.on("ring:", heard.add)
print("ready", flush=True)
sys.stdin.readline()
print(len(heard), flush=True)
"""
FORK = """
import os, sys
import django
django.setup()
from canvas.core import bus, carriers

bus.hub.on("ring:", print)
child = os.fork()
if child == 0:
    print(len(bus.hub._threads), len(bus.hub._carrier._inboxes), flush=True)
    bus.hub.listen()
    print(*sorted(bus.hub._threads), len(bus.hub._carrier._inboxes), flush=True)
    sys.exit()
os.waitpid(child, 0)
print(len(list(bus.hub._carrier._folder.iterdir())), flush=True)
"""


def eventually(true, within_s=5.0):
    """Wait until the condition holds; give its last value."""
    deadline = time.monotonic() + within_s
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def seconds(work):
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def environment(folder):
    return {
        **os.environ,
        "PYTHONWARNINGS": "error",
        "DJANGO_SETTINGS_MODULE": "canvas.settings",
        "BUS_URL": "local://",
        "BUS_FOLDER": str(folder),
    }


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="bus-") as short:  # the path of a socket has to be
        yield Path(short) / "bus"


@pytest.fixture
def make_hub(folder):
    hubs = []

    def make(carrier=None):
        hubs.append(bus.Hub(carrier or carriers.LocalCarrier(folder)))
        return hubs[-1]

    yield make
    for hub in hubs:
        hub.close()


@pytest.fixture
def stalled_redis():
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_topic_reaches_whoever_waits_for_its_kind_and_nobody_else(make_hub):
    speaker, worker, reader = make_hub(), make_hub(), make_hub()
    rung, grown = [], []
    worker.on("ring:", rung.append)
    reader.on("project:", grown.append)

    speaker.announce("ring:1")
    speaker.announce("project:2")

    assert eventually(lambda: (rung, grown) == (["1"], ["2"]))


def test_a_socket_without_a_kind_in_its_name_hears_everything(make_hub, folder):
    folder.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.bind(str(folder / "1-other.sock"))
        inbox.settimeout(2)

        make_hub().announce("project:1")

        assert inbox.recv(512) == b"project:1"


def test_a_watcher_is_called_where_topics_arrive_and_nobody_has_to_deliver(make_hub):
    speaker, listener = make_hub(), make_hub()
    seen = []
    listener.watch("project:", lambda key: seen.append((key, threading.current_thread().name)))

    speaker.announce("project:1")

    assert eventually(lambda: seen == [("1", "bus-project")])
    assert listener._arrived.empty()


def test_a_hub_knows_what_it_hears(make_hub):
    hub = make_hub()
    assert not hub.hears("project")

    hub.listen("project:1")

    assert hub.hears("project")
    assert not hub.hears("project", "job")


def test_a_bad_topic_is_logged_and_the_next_is_heard(make_hub, caplog):
    speaker, listener = make_hub(), make_hub()
    numbers = []
    listener.on("stop:", lambda text: numbers.append(int(text)))
    (path,) = [Path(path) for path in speaker._carrier._listeners("stop")]

    speaker._carrier._out.sendto(b"stop:\xff\xfe", str(path))
    speaker.announce("stop:garbage")
    speaker.announce("stop:")
    speaker.announce("stop:7")

    assert eventually(lambda: numbers == [7])
    assert [record.message for record in caplog.records] == ["bus: a callback failed"] * 3


def test_an_empty_datagram_ends_nothing(make_hub):
    speaker, listener = make_hub(), make_hub()
    heard = []
    listener.on("ring:", heard.append)
    (path,) = speaker._carrier._listeners("ring")

    speaker._carrier._out.sendto(b"", path)
    speaker.announce("ring:1")

    assert eventually(lambda: heard == ["1"])


def test_a_thread_that_died_is_started_again_by_the_next_interest(folder, make_hub, caplog):
    folder.write_text("in the way")  # so that the receiver cannot make its folder
    listener, heard = make_hub(), []
    listener.on("ring:", heard.append)
    assert eventually(lambda: not listener._runs("ring"))
    assert "bus: not listening" in caplog.text
    folder.unlink()

    listener.listen()
    listener.announce("ring:1")

    assert eventually(lambda: heard == ["1"])


def test_a_slow_callback_holds_up_no_sender(make_hub):
    speaker, listener = make_hub(), make_hub()
    go_on, heard = threading.Event(), []
    listener.on("ring:", lambda text: (go_on.wait(10), heard.append(text)))

    spent = seconds(lambda: [speaker.announce(f"ring:{number}") for number in range(100)])
    go_on.set()

    assert eventually(lambda: len(heard) == 100)
    assert spent < 2


def test_a_burst_of_rings_is_heard_whole_by_another_process(make_hub, folder):
    with subprocess.Popen(
        [sys.executable, "-c", LISTENER, str(folder)],
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as listener:
        assert listener.stdout.readline() == "ready\n"
        speaker = make_hub()

        spent = seconds(lambda: [speaker.announce(f"ring:{number}") for number in range(500)])
        time.sleep(0.5)
        heard, _ = listener.communicate("how many?\n", timeout=10)

    assert heard == "500\n"
    assert spent < 5


def test_a_listener_that_is_stuck_costs_a_moment_however_many_there_are(make_hub, folder):
    folder.mkdir()
    stuck = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(10)]
    for number, inbox in enumerate(stuck):
        inbox.bind(str(folder / f"{number}-stuck.ring.sock"))
    speaker = make_hub()
    for _ in range(20):  # more than any of them keeps
        speaker.announce("ring:1")

    spent = seconds(lambda: speaker.announce("ring:2"))

    assert carriers.ANNOUNCE_PATIENCE_S <= spent < carriers.ANNOUNCE_PATIENCE_S * 4
    for inbox in stuck:
        inbox.close()


def test_the_file_of_a_dead_listener_is_cleared_away(make_hub, folder):
    folder.mkdir()
    inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    inbox.bind(str(folder / "1-dead.ring.sock"))
    inbox.close()
    (folder / "readme.txt").write_text("not a socket")

    make_hub().announce("ring:1")

    assert [path.name for path in folder.iterdir()] == ["readme.txt"]


def test_closing_ends_the_threads_and_takes_the_sockets_away(make_hub, folder):
    hub = make_hub()
    hub.on("ring:", print)
    hub.on("stop:", print)
    assert len(list(folder.iterdir())) == 2

    hub.close()

    assert list(folder.iterdir()) == []
    assert eventually(lambda: not any(thread.is_alive() for thread in hub._threads.values()))


def test_a_process_that_ends_says_nothing_and_leaves_nothing(folder):
    program = "import django; django.setup(); from canvas.core import bus; bus.hub.on('a:', print)"

    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert list(folder.iterdir()) == []


def test_a_forked_process_begins_anew_and_leaves_its_parents_socket_alone(folder):
    ended = subprocess.run(
        [sys.executable, "-c", FORK],
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.stdout, ended.stderr) == ("0 0\ndelivery ring 1\n1\n", "")


def test_a_long_folder_is_replaced_by_a_short_one_that_all_agree_on(make_hub, tmp_path):
    deep = tmp_path / ("deep" * 30)
    speaker, listener = (make_hub(carriers.LocalCarrier(deep)) for _ in range(2))
    heard = []
    listener.on("ring:", heard.append)
    speaker.announce("ring:1")

    assert eventually(lambda: heard == ["1"])
    assert len(str(speaker._carrier._folder)) <= carriers.LONGEST_FOLDER_BYTES
    assert not deep.exists()
    listener.close()
    speaker._carrier._folder.rmdir()


def test_a_stalled_redis_costs_one_timeout_and_not_one_a_topic(stalled_redis, make_hub, caplog):
    hub = make_hub(carriers.RedisCarrier(stalled_redis))

    spent = seconds(lambda: [hub.announce(f"job:{number}") for number in range(20)])

    assert spent < 2 * carriers.PUBLISH_TIMEOUT_S
    assert [record.message for record in caplog.records] == ["bus: not announced: TimeoutError"]


def test_during_an_outage_one_caller_at_a_time_finds_out_whether_it_is_over():
    outage = carriers.Outage(lasts_s=0.1)

    assert outage.may_try()
    outage.begin()
    assert not outage.may_try()
    time.sleep(0.11)
    assert [outage.may_try(), outage.may_try()] == [True, False]
    outage.end()
    assert [outage.may_try(), outage.may_try()] == [True, True]


@pytest.fixture
def announced(monkeypatch):
    topics = []
    monkeypatch.setattr(bus, "announce", topics.append)
    return topics


def test_a_topic_is_announced_once_a_transaction(transactional_db, announced):
    with transaction.atomic():
        for topic in ("project:1", "job:1", "project:1", "job:1"):
            bus.announce_on_commit(topic)
        with transaction.atomic():
            bus.announce_on_commit("job:1")
        assert announced == []

    assert announced == ["project:1", "job:1"]


def test_the_same_topic_in_two_transactions_is_announced_twice(transactional_db, announced):
    for _ in range(2):
        with transaction.atomic():
            bus.announce_on_commit("job:1")
            bus.announce_on_commit("job:1")

    assert announced == ["job:1", "job:1"]


def test_outside_a_transaction_a_topic_is_announced_at_once(transactional_db, announced):
    bus.announce_on_commit("job:1")

    assert announced == ["job:1"]


def test_what_a_rolled_back_savepoint_asked_is_still_announced_for_the_rest(
    transactional_db, announced
):
    with transaction.atomic():
        inner = transaction.savepoint()
        with transaction.atomic():
            bus.announce_on_commit("job:1")
            transaction.set_rollback(True)
        transaction.savepoint_rollback(inner)
        bus.announce_on_commit("job:1")

    assert announced == ["job:1"]


def test_nothing_is_announced_of_a_transaction_that_is_rolled_back(transactional_db, announced):
    with transaction.atomic():
        bus.announce_on_commit("job:1")
        transaction.set_rollback(True)

    assert announced == []
