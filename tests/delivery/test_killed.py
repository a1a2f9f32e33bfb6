"""A sender that is killed between any two steps: no mail is lost without a word, none goes out twice by itself."""

import json
import signal
import time
from pathlib import Path

import duckdb
import pytest

from .conftest import Job
from .mail_server import smtp_server

FINANCE = "finance@contoso.example"


def states(store: Path) -> list[str]:
    with duckdb.connect(str(store), read_only=True) as connection:
        return [row[0] for row in connection.execute("SELECT state FROM deliveries").fetchall()]


KILLED_AT = [
    pytest.param("EHLO", "hang", "claimed", 0, "sent", 1, 0, id="greeted: nothing has left, the next run sends"),
    pytest.param("MAIL", "hang", "claimed", 0, "sent", 1, 0, id="sender named: nothing has left, the next run sends"),
    pytest.param(
        "RCPT", "hang", "claimed", 0, "sent", 1, 0, id="recipient named: nothing has left, the next run sends"
    ),
    pytest.param(
        "DATA",
        "hang",
        "sending",
        0,
        "unknown",
        0,
        5,
        id="text handed over, not taken: unknown, said aloud, not sent again",
    ),
    pytest.param(
        "DATA", "take and hang", "sending", 1, "unknown", 1, 5, id="text taken, not answered: unknown, not sent twice"
    ),
]


@pytest.mark.parametrize(("step", "answer", "left", "taken", "then", "in_all", "code"), KILLED_AT)
def test_killed_at(job: Job, step: str, answer: str, left: str, taken: int, then: str, in_all: int, code: int) -> None:
    def keeps_and_hangs() -> str:
        return "hang"

    with smtp_server({step: [keeps_and_hangs if answer == "take and hang" else answer]}) as server:
        job.over_smtp(server.port)
        process = job.start()
        assert server.wait_for(step)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        assert (states(job.store), len(server.taken)) == ([left], taken)
        again = job.send()
        assert [row["state"] for row in json.loads(again.out)["rows"]] == [then]
        assert (len(server.taken), again.code) == (in_all, code or 4)
        third = job.send()
        assert (len(server.taken), third.code) == (in_all, code or 4)


def test_killed_between_the_answer_and_the_ledger(job: Job) -> None:
    held: list[duckdb.DuckDBPyConnection] = []

    def hold_the_store() -> str:
        held.append(duckdb.connect(str(job.store)))
        return "250 taken"

    with smtp_server({"DATA": [hold_the_store]}) as server:
        job.over_smtp(server.port)
        process = job.start()
        assert server.wait_for("DATA")
        # The client hangs up only after it has read the answer; then it waits for the store that this test holds.
        assert server.lost.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        held[0].close()
        assert (states(job.store), len(server.taken)) == (["sending"], 1)
        again = job.send()
        assert (again.code, len(server.taken), states(job.store)) == (5, 1, ["unknown"])


def test_what_may_have_arrived_is_sent_again_only_when_asked(job: Job) -> None:
    with smtp_server({"DATA": ["drop"]}) as server:
        job.over_smtp(server.port)
        assert job.send().code == 5
        assert (job.send().code, server.taken) == (5, [])
        assert job.send("--resend").code == 2
        asked = job.send("--resend", "--to", FINANCE)
        assert (asked.code, len(server.taken), states(job.store)) == (4, 1, ["sent"])


def test_killed_while_files_are_written_leaves_each_message_once(job: Job) -> None:
    job.configure("file", statements=True)
    process = job.start()
    while process.poll() is None and not (job.folder / "outbox").exists():
        time.sleep(0.01)
    process.kill()
    process.wait(30)
    done = job.send()
    assert {row["state"] for row in json.loads(done.out)["rows"]} <= {"sent", "already sent"}
    assert len(list((job.folder / "outbox").glob("*.eml"))) == len(json.loads(done.out)["rows"]) == 8


def test_two_senders_at_once_send_once(job: Job) -> None:
    with smtp_server({"RCPT": ["hang"]}) as server:
        job.over_smtp(server.port)
        first = job.start()
        assert server.wait_for("RCPT")
        second = job.send()
        assert (second.code, "another send is under way" in second.err) == (3, True)
        first.kill()
        first.wait(30)
