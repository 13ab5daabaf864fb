"""Mail to the seller himself: alarms and the doctor's test go the same way as letters."""

import asyncio
import json

import pytest

from post_office import AT, MailServer
from promofuse.alerts import send_alert
from promofuse.config import example_config
from promofuse.delivery.account import SmtpServer
from promofuse.delivery.smtp import SmtpFailure


@pytest.fixture
def accepted(tmp_path):
    return tmp_path / "accepted.jsonl"


def received(accepted):
    return [json.loads(line) for line in accepted.read_text().splitlines()] if accepted.exists() else []


def alert(server, *to):
    return asyncio.run(
        send_alert(
            server=SmtpServer(host="127.0.0.1", port=server.port),
            sender="watch@harbour.example",
            to=to,
            subject="5 orders in 10 min",
            body="Look.",
            at=AT,
        )
    )


def test_an_alarm_goes_to_each_of_the_sellers_addresses(accepted):
    with MailServer(accepted) as server:
        assert alert(server, "a@harbour.example", "b@harbour.example") == "2.0.0 queued as 4F2A"

    assert [(one["to"], one["from"], one["date"]) for one in received(accepted)] == [
        (f"{name}@harbour.example", "watch@harbour.example", "Wed, 04 Mar 2026 05:06:07 +0000") for name in "ab"
    ]


def test_one_dead_address_does_not_keep_an_alarm_from_the_other(accepted):
    gone = {"phase": "rcpt", "do": "550 gone", "to": "^a@"}
    with MailServer(accepted, [gone]) as server:
        alert(server, "a@harbour.example", "b@harbour.example")
        with pytest.raises(SmtpFailure, match="RCPT: 550 gone"):
            alert(server, "a@harbour.example")

    assert [one["to"] for one in received(accepted)] == ["b@harbour.example"]


@pytest.fixture
def shop(tmp_path):
    """A folder with a configuration for a server on some port: shop(port, language)."""

    def write(port, *, to='["boss@harbour.example"]', language="en"):
        text = example_config().replace("port = 1025", f"port = {port}").replace("to = []", f"to = {to}")
        text = text.replace('reader_language = "en"', f'reader_language = "{language}"')
        head, mail, rest = text.partition("[mail]")
        mail += rest.replace('from_address = ""', 'from_address = "watch@harbour.example"', 1)
        (tmp_path / "config.toml").write_text(head + mail, "utf-8")
        (tmp_path / "inbox/us").mkdir(parents=True, exist_ok=True)

    return write


def mail_check(ran):
    return next(check for check in ran.json["checks"] if check["name"] == "mail")


def test_the_doctor_only_connects(run, shop, accepted):
    with MailServer(accepted) as server:
        shop(server.port)
        check = mail_check(run("doctor", "--json"))

    assert (check["state"], "answers" in check["message"]) == ("ok", True)
    assert received(accepted) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_doctor_sends_a_test_message_when_asked_to(run, shop, accepted, language):
    with MailServer(accepted) as server:
        shop(server.port, language=language)
        check = mail_check(run("doctor", "--test-mail", "--json"))

    assert check["state"] == "ok"
    assert "a test message went to boss@harbour.example" in check["message"]
    assert [one["to"] for one in received(accepted)] == ["boss@harbour.example"]


def test_a_test_message_needs_an_address(run, shop):
    shop(1, to="[]")
    ran = run("doctor", "--test-mail", "--json")

    assert ran.code == 3
    assert "[alerts]" in mail_check(ran)["hint"]


def test_the_doctor_says_what_the_server_says(run, shop, accepted):
    with MailServer(accepted, [{"phase": "dot", "do": "554 5.7.1 not verified"}]) as server:
        shop(server.port)
        ran = run("doctor", "--test-mail", "--json")

    assert ran.code == 4
    assert "554 5.7.1 not verified" in mail_check(ran)["message"]
