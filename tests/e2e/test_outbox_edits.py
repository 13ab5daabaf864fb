"""What a person edits in an incident's folder survives, and reaches the letters it was meant for."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default

import pytest
from test_demo_night import AT, US, manifest, respond, table

from commands import stamps
from promofuse.demo import write_demo

GROUP = "cancellation.en"


@pytest.fixture
def incident(run, tmp_path):
    """The demo's night, answered while the last hour's orders were not in the report yet."""
    write_demo(tmp_path / "demo", AT)
    (report,) = (p for p in (tmp_path / "demo/inbox/us").glob("*.txt") if not p.name.startswith("orderreport"))
    whole = report.read_bytes()
    early = b"".join(whole.splitlines(keepends=True)[:-40])
    report.write_bytes(early)
    respond(run, tmp_path / "demo")
    folder = tmp_path / "demo/outbox/INC-2026-0001"

    class Incident:
        path = folder
        drafts = folder / "3-buyers/drafts"
        template = folder / f"3-buyers/templates/{GROUP}.txt"

        def grow(self):
            report.write_bytes(whole)
            return respond(run, tmp_path / "demo")

        def refresh(self):
            config = tmp_path / "demo/config.toml"
            return run("outbox", "INC-2026-0001", "--config", config, "--at", AT.isoformat())

        def text(self, order_id):
            return message_from_bytes((self.drafts / f"{order_id}.eml").read_bytes(), policy=default).get_content()

    return Incident()


def test_growth_adds_exactly_the_new_orders(incident):
    before = stamps(incident.drafts)

    ran = incident.grow()

    after = stamps(incident.drafts)
    assert "new orders since the last run" in ran.out
    assert len(after) > len(before)
    assert {name: after[name] for name in before} == before


def test_an_edited_template_reaches_its_group_and_later_orders(incident):
    text = incident.template.read_text("utf-8")
    incident.template.write_text(text.replace("Kind regards", "With kind regards"), "utf-8")
    old_ids = {entry["order_id"]: entry["message_id"] for entry in manifest(incident.path)}

    ran = incident.refresh()
    incident.grow()

    assert f"edited by hand: 3-buyers/templates/{GROUP}.txt" in ran.out
    entries = manifest(incident.path)
    for entry in entries:
        assert ("With kind regards" in incident.text(entry["order_id"])) == (entry["group"] == GROUP)
    changed = {e["order_id"] for e in entries if old_ids.get(e["order_id"], e["message_id"]) != e["message_id"]}
    assert changed == {e["order_id"] for e in entries if e["group"] == GROUP and e["order_id"] in old_ids}
    assert "With kind regards" in incident.template.read_text("utf-8")


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ("{{ nobody }}", "no placeholder 'nobody'"),
        ("{% for x in order_id %}", ""),
        ("Here is a coupon for your trouble.", "policy rule"),
        ("Please cancel the order yourself.", "policy rule"),
    ],
)
def test_a_bad_template_changes_no_letter_and_says_why(incident, edit, reason):
    before = stamps(incident.drafts)
    incident.template.write_text(incident.template.read_text("utf-8") + edit + "\n", "utf-8")

    ran = incident.refresh()

    assert ran.code == 0
    assert "not taken up" in ran.out
    assert reason in ran.out
    assert stamps(incident.drafts) == before
    assert edit in incident.template.read_text("utf-8")


def test_an_edited_draft_keeps_its_words_when_the_incident_grows(incident):
    chosen = sorted(incident.drafts.iterdir())[2]
    edited = chosen.read_bytes().replace(b"Kind regards", b"With many regards")
    chosen.write_bytes(edited)

    incident.refresh()
    incident.grow()

    assert chosen.read_bytes() == edited
    (entry,) = (e for e in manifest(incident.path) if e["path"].endswith(chosen.name))
    assert (entry["state"], entry["bytes"]) == ("edited", len(edited))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"To: ", b"To: someone@else.example, ", "To was changed"),
        (b"MIME-Version", b"Bcc: x@y.example\r\nMIME-Version", "headers were added: Bcc"),
        (b"MIME-Version", b"Mime: ", "headers were added: Mime and headers were removed: Mime-Version"),
        (b"From:", b"\xef\xbb\xbfFrom:", "without BOM"),
        (b"Kind regards", b"Use coupon SORRY10. Kind regards", "breaks policy rule"),
    ],
)
def test_an_edit_that_may_not_be_sent_is_refused_and_kept(incident, old, new, said):
    chosen = sorted(incident.drafts.iterdir())[2]
    edited = chosen.read_bytes().replace(old, new, 1)
    chosen.write_bytes(edited)

    ran = incident.refresh()

    (line,) = (line for line in ran.out.splitlines() if line.startswith("not taken up"))
    assert chosen.name in line
    assert said in line
    assert "delete the file to have ours again" in line
    assert chosen.read_bytes() == edited
    (entry,) = (e for e in manifest(incident.path) if e["path"].endswith(chosen.name))
    assert entry["state"] == "refused"


def test_an_edited_report_stays_and_the_new_text_lies_beside_it(incident):
    notice = incident.path / "2-support-notice.md"
    notice.write_text("my own words", "utf-8")

    incident.grow()

    assert notice.read_text("utf-8") == "my own words"
    assert (incident.path / "2-support-notice.new.md").read_text("utf-8").count("\n") > 5


def test_an_edited_data_file_is_set_aside_not_lost(incident):
    orders = incident.path / "orders.csv"
    orders.write_bytes(orders.read_bytes() + b"my row\r\n")

    incident.grow()

    (aside,) = incident.path.glob("orders.edited-*.csv")
    assert aside.read_bytes().endswith(b"my row\r\n")
    assert len(table(orders)) == US.spoilt_orders


def test_a_deleted_file_comes_back(incident):
    for name in ("README.md", f"3-buyers/drafts/{min(incident.drafts.iterdir()).name}"):
        (incident.path / name).unlink()

    incident.refresh()

    assert (incident.path / "README.md").exists()
    assert all((incident.path / entry["path"]).exists() for entry in manifest(incident.path))


def test_buyers_data_is_readable_by_its_owner_only(incident):
    modes = {oct(path.stat().st_mode & 0o777) for path in incident.path.rglob("*") if path.is_file()}
    folders = {oct(path.stat().st_mode & 0o777) for path in incident.path.rglob("*") if path.is_dir()}

    assert (modes, folders) == ({"0o600"}, {"0o700"})


def test_the_incident_file_is_what_the_command_prints(run, incident):
    ran = run("incidents", "INC-2026-0001", "--json", "--config", incident.path.parents[1] / "config.toml")

    assert ran.code == 1
    assert ran.json == json.loads((incident.path / "incident.json").read_text("utf-8"))
