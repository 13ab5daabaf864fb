"""Exit codes, errors with a hint, and what a new user sees."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from test_demo_night import AT, US, respond

from promofuse.config import Config, example_config
from promofuse.demo import write_demo


@pytest.fixture
def demo(tmp_path):
    write_demo(tmp_path / "demo", AT)
    return tmp_path / "demo"


def test_init_writes_a_configuration_that_loads_and_says_what_comes_next(run, tmp_path):
    ran = run("init", "shop")

    assert ran.code == 0
    assert (tmp_path / "shop/inbox/us").is_dir()
    assert Config.read(tmp_path / "shop/config.toml").shops["us"].kind == "amazon-reports"
    assert "promofuse doctor" in ran.err
    again = run("init", "shop")
    assert (again.code, "exists already" in again.err) == (2, True)
    assert (tmp_path / "shop/config.toml").read_text("utf-8") == example_config()


def test_a_new_shop_without_files_is_told_what_to_download(run, tmp_path):
    run("init")

    ran = run("doctor")

    assert ran.code == 4  # no mail server on this port
    assert "no orders read yet" in ran.out
    assert "All Orders report" in ran.out


def test_doctor_says_what_to_do_first_and_counts_one_shop_as_one(run):
    run("init")

    ran = run("doctor")

    assert "ok    config: 1 shop, reader language en" in ran.out
    assert ran.err.splitlines() == [
        "Next:",
        "  shop us: drop an All Orders report and an Order Report into its folder",
        "  promofuse doctor     again, when that is done",
    ]


def test_doctor_knows_which_marketplace_was_meant(run, demo):
    config = demo / "config.toml"
    text = config.read_text("utf-8").replace('"amazon.de"', '"amazon.dee"').replace('"amazon.co.jp"', '"shop.example"')
    config.write_text(text, "utf-8")

    ran = run("doctor", "--config", config, "--at", AT.isoformat())

    assert "warn  shop de: no marketplace 'amazon.dee' is known" in ran.out
    assert '      set marketplace = "amazon.de"\n' in ran.out
    assert "warn  shop jp: no marketplace 'shop.example' is known" in ran.out
    assert "      set marketplace to one of amazon.com, amazon.ca, " in ran.out
    assert "no marketplace 'amazon.com'" not in ran.out


def test_doctor_puts_the_mail_server_last_and_names_the_check_beside_it(run, demo):
    for path in demo.rglob("*"):
        if path.is_file():
            os.utime(path, (AT.timestamp(), AT.timestamp()))

    ran = run("doctor", "--config", demo / "config.toml", "--at", AT.isoformat())

    assert ran.err.splitlines() == [
        "Next:",
        "  mail: check host, port and security in [mail]; needed for sending only",
        "  promofuse doctor     again, when that is done",
        "  promofuse check     the worst price that a buyer can reach",
    ]


def test_doctor_shows_the_cost_file_to_write(run, demo):
    (demo / "inbox/us/catalogue.csv").unlink()

    ran = run("doctor", "--config", demo / "config.toml", "--at", AT.isoformat())

    assert "sku,currency,unit_cost" in ran.out
    assert "LUM-HS-000,USD" in ran.out


def test_doctor_notices_a_clock_that_is_behind_its_files(run, demo):
    ahead = AT.timestamp() + 3600
    for path in (demo / "inbox/us").iterdir():
        os.utime(path, (AT.timestamp(), AT.timestamp()))
    os.utime(demo / "inbox/us/catalogue.csv", (ahead, ahead))
    for name in ("de", "jp"):
        for path in (demo / "inbox" / name).iterdir():
            path.unlink()

    ran = run("doctor", "--config", demo / "config.toml", "--at", AT.isoformat())

    assert "warn  clock: it is 2026-04-07 05:30 UTC, and a file is 60 min ahead" in ran.out


def test_without_costs_every_line_counts_and_its_loss_stays_blank(run, demo):
    (demo / "inbox/us/catalogue.csv").unlink()

    ran = respond(run, demo, US, "--json")

    (incident,) = ran.json["incidents"]
    assert (incident["orders"], incident["lost"]) == (US.spoilt_orders, None)
    assert "lines have no known cost" in respond(run, demo).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("respond",), 2, "--promo and --sku"),
        (("respond", "--promo", "NO-SUCH"), 2, "no promotion 'NO-SUCH'"),
        (("respond", "--sku", "NO-SUCH"), 2, "no SKU 'NO-SUCH'"),
        (("respond", "--promo", "Black Week headset"), 2, "add --shop"),
        (("respond", "--promo", "X", "--shop", "moon"), 2, "no shop 'moon'"),
        (("respond", "--promo", "X", "--plan", "pray"), 2, "no plan 'pray'"),
        (("respond", "--promo", "X", "--since", "yesterday"), 2, "--since"),
        (("respond", "--promo", "X", "--at", "2026-04-07T05:30"), 2, "no offset"),
        (("incidents", "INC-2026-0099"), 2, "no incident"),
        (("outbox", "INC-2026-0099"), 2, "no incident"),
        (("incidents", "--config", "nowhere.toml"), 3, "promofuse init"),
    ],
)
def test_an_error_is_one_line_and_a_hint(run, demo, words, code, said):
    extra = () if "--config" in words else ("--config", demo / "config.toml")
    extra += () if "--at" in words else ("--at", AT.isoformat())

    ran = run(*words, *extra)

    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_bad_time_is_named_by_where_it_was_given(run, monkeypatch):
    assert run("rules", "--at", "yesterday").err.startswith("promofuse: --at: 'yesterday' is not")
    monkeypatch.setenv("PROMOFUSE_AT", "yesterday")
    assert run("rules").err.startswith("promofuse: PROMOFUSE_AT: 'yesterday' is not")


def test_a_promotion_is_found_by_its_name(run, demo):
    ran = respond(run, demo, US, "--dry-run")
    by_name = run(
        "respond", "--promo", "Black Week headset", "--shop", "us", "--dry-run",
        "--config", demo / "config.toml", "--at", AT.isoformat(),
    )  # fmt: skip

    assert by_name.out == ran.out
    assert not (demo / "outbox").exists()


@pytest.mark.parametrize(("language", "sender"), [("en", ""), ("zh", ""), ("en", "not an address")])
def test_without_a_sender_everything_but_the_letters_is_there(run, demo, language, sender):
    config = demo / "config.toml"
    text = config.read_text("utf-8").replace("service@lumina.example", sender)
    config.write_text(text.replace('reader_language = "en"', f'reader_language = "{language}"'), "utf-8")

    ran = respond(run, demo, US)

    folder = demo / "outbox/INC-2026-0001"
    assert (ran.code, "set mail.from_address" in ran.out) == (0, True)
    assert not (folder / "3-buyers/drafts").exists()
    assert len((folder / "4-cancel/2-all.txt").read_bytes().splitlines()) > 100
    assert "mail.from_address" in (folder / "README.md").read_text("utf-8")


def test_a_missing_folder_is_an_unreachable_shop(run, demo):
    (demo / "inbox/us").rename(demo / "inbox/elsewhere")

    ran = respond(run, demo, US, "--shop", "us")

    assert ran.code == 4
    assert "inbox/us" in ran.err


def test_a_shop_that_cannot_be_read_does_not_stop_the_others(run, demo):
    (demo / "inbox/de").rename(demo / "inbox/elsewhere")

    found = respond(run, demo, US)
    lost = run("respond", "--promo", "PLM-DE-4472", "--config", demo / "config.toml", "--at", AT.isoformat())

    assert (found.code, "INC-2026-0001" in found.out, "inbox/de" in found.err) == (0, True, True)
    assert (lost.code, "inbox/de" in lost.err) == (4, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data_dir = [", "config.example.toml"),
        ("[shops.us]\nkind = 'amazon'\nfolder = 'x'", "shops.us.kind"),
        ("[shops.us]\nkind = 'plain-files'\nfolder = 'x'\ncolour = 1", "shops.us.colour"),
        ("[response]\ncancel_reason = 'NoInventory'", "false reason"),
        ("[shops.us]\nkind = 'amazon-reports'\nfolder = 'x'\nrepair = {en = 'A gift'}", "nothing may be offered"),
        ("[shops.us]\nkind = 'plain-files'\nfolder = 'x'\nrepair = {en = 'A gift'}", "nothing may be offered"),
        (
            "[shops.us]\nkind = 'plain-files'\nplatform = 'ozon'\nfolder = 'x'\nrepair = {ru = \"a\\nb\"}",
            "one line of at most 160",
        ),
    ],
)
def test_a_wrong_configuration_is_named_by_its_key(run, tmp_path, text, said):
    (tmp_path / "config.toml").write_text(text, "utf-8")

    ran = run("incidents")

    assert ran.code == 3
    assert said in ran.err


def test_a_plan_that_needs_an_unknown_rate_is_refused(run, demo):
    report = next(path for path in (demo / "inbox/us").glob("*.txt") if not path.name.startswith("orderreport"))
    header, *rows = report.read_bytes().splitlines(keepends=True)
    report.write_bytes(header + b"".join(rows[-200:]))

    ran = respond(run, demo, US, "--plan", "under-limit")

    assert ran.code == 5
    assert "do not reach back seven days" in ran.err


def test_a_sku_at_a_wrong_price_is_inferred_and_says_so(run, demo):
    (demo / "inbox/us/promotions.csv").unlink()
    report = next(path for path in (demo / "inbox/us").glob("*.txt") if not path.name.startswith("orderreport"))
    report.write_bytes(report.read_bytes().replace(US.promotion_id.encode(), b""))
    for path in (demo / "inbox/us").glob("orderreport*"):
        path.write_bytes(path.read_bytes().replace(US.promotion_id.encode(), b""))

    ran = run(
        "respond", "--sku", "LUM-HS-000", "--shop", "us", "--config", demo / "config.toml", "--at", AT.isoformat()
    )

    assert ran.code == 0
    assert "No promotion id names these orders" in ran.out
    assert f"{US.spoilt_orders} orders" in ran.out


def test_no_incident_is_said_with_a_next_step(run, demo):
    ran = run("incidents", "--config", demo / "config.toml")

    assert (ran.code, "No incidents" in ran.out, "promofuse respond" in ran.err) == (0, True, True)


def test_help_starts_without_the_heavy_libraries():
    code = (
        "import sys; sys.argv = ['promofuse', '--help']\n"
        "from promofuse.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'sqlmodel', 'pydantic', 'jinja2', 'babel', 'alembic', 'cryptography', 'rich.console'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)

    assert "respond" in ran.stdout
    assert ran.stderr.strip() == "[]"
