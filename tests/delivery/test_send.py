"""aoai-insights send: who gets what, and what a second run does."""

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from aoai_insights.config import Config, Email
from aoai_insights.delivery.choose import transport
from aoai_insights.delivery.secret import Secret
from aoai_insights.errors import ConfigError
from tests.cli.conftest import CONFIG, run

from .conftest import Job


def outbox(job: Job) -> dict[str, EmailMessage]:
    files = (job.folder / "outbox").glob("*.eml")
    read = [message_from_bytes(f.read_bytes(), policy=policy.default) for f in sorted(files)]
    return {f"{m['To']}|{m['Subject'].split(':')[0]}": m for m in read}


def rows(out: bytes) -> list[dict[str, object]]:
    return json.loads(out)["rows"]


def test_incomplete_figures_go_to_the_operators_alone(job: Job) -> None:
    job.configure("file", statements=True)
    done = run(*job.words("send"), cwd=job.folder)
    assert done.code == 4
    [message] = outbox(job).values()
    assert (message["To"], message["Subject"]) == (
        "platform@contoso.example",
        "Incomplete, not sent: Azure OpenAI chargeback, October 2026",
    )
    text = message.get_body(("plain",)).get_content()
    assert "18 October 2026" in text
    assert "USD" not in text
    again = run(*job.words("send", "-f", "json"), cwd=job.folder)
    assert [row["state"] for row in rows(again.out)] == ["already sent"]


def test_every_owner_sees_their_rows_alone(job: Job) -> None:
    job.configure("file", statements=True)
    assert job.send().code == 4
    sent = outbox(job)
    assert len(sent) == 8
    for recipient, app, others in (
        ("support@contoso.example", "support-bot", "search-index"),
        ("search@contoso.example", "search-index", "support-bot"),
    ):
        [mine] = [m for key, m in sent.items() if key.startswith(f"{recipient}|")]
        everything = mine.as_string() + "".join(
            str(part.get_content()) for part in mine.walk() if part.get_content_maintype() == "text"
        )  # fmt: skip
        assert app in everything
        assert others not in everything


def test_statements_and_the_unallocated_sum_to_the_whole(job: Job) -> None:
    job.configure("file", statements=True)
    job.send()
    amounts = {key: _cents(str(m["Subject"])) for key, m in outbox(job).items()}
    whole = next(value for key, value in amounts.items() if "chargeback" in key)
    owned = sum(value for key, value in amounts.items() if "statement" in key)
    table = json.loads(run("chargeback", *job.words("x")[1:], "-f", "json").out)
    unallocated = next(row for row in table["rows"] if row["app"] == "(unallocated)")
    assert abs(whole - owned - round(float(unallocated["cost"]) * 100)) <= 1


def _cents(subject: str) -> int:
    return round(float(re.findall(r"USD ([\d.,]+\d)", subject)[-1].replace(",", "")) * 100)


def test_changed_figures_go_out_as_a_revision_that_says_what_changed(job: Job) -> None:
    job.configure("file")
    job.send()
    moved = CONFIG.read_text() + (
        '\n[[prices]]\nmodel = "gpt-4o"\ndirection = "output"\nscope = "global"\nprice = "99"\neffective_from = 2026-01-01\n'
    )
    job.configure("file", tenant=moved)
    done = job.send()
    [row] = rows(done.out)
    assert (row["revision"], row["state"]) == (2, "sent")
    assert str(row["subject"]).startswith("Revised: Azure OpenAI chargeback, October 2026")
    revised = next(m for m in outbox(job).values() if m["Subject"].startswith("Revised"))
    text = " ".join(revised.get_body(("plain",)).get_content().split())
    assert "Revised: this replaces what was sent before" in text
    assert "The total is USD" in text
    assert [r["state"] for r in rows(job.send().out)] == ["already sent"]
    late = job.send("--to", "cfo@contoso.example")
    assert [(r["revision"], str(r["subject"])[:12]) for r in rows(late.out)] == [(2, "Azure OpenAI")], "new to this one"
    assert ">Revision 2: this replaces what was sent before.<" in page(job)
    job.configure("file")
    assert ">Revision 3: this replaces what was sent before.<" in page(job), "not sent yet, and said all the same"
    assert [r["state"] for r in rows(job.send("--once").out)] == ["already sent"]
    assert [(r["state"], r["revision"]) for r in rows(job.send().out)] == [("sent", 3)]


def page(job: Job) -> str:
    run(*job.words("report", "-o", "page.html"), cwd=job.folder)
    return (job.folder / "page.html").read_text()


def test_a_page_of_unchanged_figures_is_no_revision(job: Job) -> None:
    job.configure("file")
    never_sent = page(job)
    job.send()
    assert "Revision" not in never_sent + page(job)


def test_a_rehearsal_sends_nothing_and_notes_nothing(job: Job) -> None:
    job.configure("file", statements=True)
    before = job.store.read_bytes()
    job.send("--dry-run")
    shown = job.send("--dry-run", "--messages", str(job.folder / "look"))
    assert {row["state"] for row in rows(shown.out)} == {"would be sent"}
    assert len(list((job.folder / "look").glob("*.eml"))) == 8
    assert not (job.folder / "outbox").exists()
    assert run(*job.words("deliveries"), cwd=job.folder).code == 5
    assert before == job.store.read_bytes() or rows(run(*job.words("deliveries", "-f", "json")).out) == []


REFUSED = [
    pytest.param(["--to", "eve@evil.example"], "outside the domains", id="an address of another domain"),
    pytest.param(["--to", "nobody"], "no mail address", id="a word that is no address"),
    pytest.param(["--resend"], "--resend without --to", id="resend to everybody"),
    pytest.param(["--messages", "x"], "--messages without --dry-run", id="messages without a rehearsal"),
]


@pytest.mark.parametrize(("flags", "said"), REFUSED)
def test_refused_before_anything_is_sent(job: Job, flags: list[str], said: str) -> None:
    job.configure("file")
    done = job.send(*flags)
    assert (done.code, said in done.err) == (2, True)
    assert not (job.folder / "outbox").exists()


def test_what_was_sent_can_be_watched(job: Job) -> None:
    job.configure("file")
    job.send()
    listed = run(*job.words("deliveries", "-f", "json"), cwd=job.folder)
    assert listed.code == 0
    assert [(row["report"], row["state"]) for row in rows(listed.out)] == [("file:chargeback", "sent")]


def test_a_secret_is_not_printed() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret!r} {secret} {[secret]}"


SETTINGS = [
    pytest.param('transport = "smtp"', "no server", id="smtp without a server"),
    pytest.param('transport = "acs"', "no endpoint", id="acs without an endpoint"),
    pytest.param(
        'transport = "smtp"\nsmtp = {host = "h", username = "u"}', "no password", id="a login without a password"
    ),
]


@pytest.mark.parametrize(("toml", "said"), SETTINGS)
def test_a_transport_that_lacks_a_setting_says_so(toml: str, said: str) -> None:
    import msgspec

    with pytest.raises(ConfigError, match=said):
        transport(msgspec.toml.decode(toml, type=Email), {})


def test_the_password_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    settings = Config(email=Email(transport="smtp", smtp=_smtp())).email
    by_file = transport(settings, {"AOAI_INSIGHTS_SMTP_PASSWORD_FILE": str(tmp_path / "password")})
    by_name = transport(settings, {"AOAI_INSIGHTS_SMTP_PASSWORD": "from the environment"})
    assert by_file.password.reveal() == "from a file"
    assert by_name.password.reveal() == "from the environment"


def _smtp() -> object:
    from aoai_insights.config import SmtpSection

    return SmtpSection(host="smtp.example", username="costs")
