"""What the documentation says is so: commands run, links lead somewhere, every setting and column is named."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from pydantic import BaseModel

from promofuse.cli.app import app
from promofuse.config import Config, ShopConfig, example_config
from promofuse.demo import STOREFRONTS, storefront_files
from promofuse.facts import AccountHealth, Offer, OrderLine, Promotion
from promofuse.shops import json_reports
from promofuse.shops.cancellation_report import CANCELLATION_REPORT
from promofuse.shops.delimited import Header

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
US = STOREFRONTS[0]


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))

    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_readmes_first_hour_runs_as_it_stands(run, tmp_path):
    commands = [
        line.split("#")[0].strip()
        for line in blocks(ROOT / "README.md", "sh")[1].splitlines()
        if line.startswith("promofuse") and "daemon" not in line
    ]
    assert len(commands) == 4
    at = datetime.fromisoformat("2026-04-07T05:30:00+00:00")
    codes = {}
    for command in commands:
        words = shlex.split(command.replace("PLM-1234", US.promotion_id))[1:]
        codes[words[0]] = run(*words, *(() if words[0] == "init" else ("--at", at.isoformat()))).code
        if words[0] == "init":
            for name, content in storefront_files(US, at, at, Decimal("97.5")).items():
                (tmp_path / "inbox/us" / name).write_bytes(content)
            config = (tmp_path / "config.toml").read_text("utf-8")
            sender = 'from_address = "service@lumina.example"'
            (tmp_path / "config.toml").write_text(sender.join(config.rsplit('from_address = ""', 1)), "utf-8")

    assert codes == {"init": 0, "doctor": 4, "check": 1, "respond": 0}  # 4: no mail server runs here
    assert (tmp_path / "outbox/INC-2026-0001/README.md").exists()


def test_the_tree_in_the_readme_is_the_folder_that_comes_out(run, tmp_path):
    (tree,) = blocks(ROOT / "README.md", "text")
    run("demo", "--at", "2026-04-07T05:30:00Z")
    folder = tmp_path / "demo/outbox/INC-2026-0001"

    named = re.findall(r"\b[\w-]+\.(?:md|json|csv|txt)\b|\b\d-[a-z][\w-]*/", tree)

    assert len(named) > 10
    assert not [name for name in named if not (folder / name).exists() and not list(folder.glob(f"*/{name}"))]


def test_the_example_configuration_is_complete_and_holds_the_defaults():
    text = example_config()
    example = tomllib.loads(text, parse_float=Decimal)
    told = Config(**{**example, "templates_dir": None})
    bare = Config(shops={"us": ShopConfig(kind="amazon-reports", folder=Path("inbox/us"))})

    def settings(section, prefix=""):
        for name in type(section).model_fields:
            value = getattr(section, name)
            if isinstance(value, BaseModel):
                yield from settings(value, f"{name}.")
            elif name not in ("shops", "rules"):
                yield prefix + name, value

    assert dict(settings(told)) == dict(settings(bare))
    named = {f"{table}.{key}" for table, keys in example.items() if isinstance(keys, dict) for key in keys}
    assert {name for name, _ in settings(bare)} <= named | set(example)
    assert set(example["shops"]["us"]) == set(ShopConfig.model_fields)
    lines = [line for line in text.splitlines() if re.match(r"\w+ *=", line)]
    assert not [line for line in lines if "#" not in line and not line.startswith("port = 8350") and '"127' not in line]


@pytest.mark.parametrize(
    ("heading", "table"),
    [("catalogue.csv", Offer), ("promotions.csv", Promotion), ("orders.csv", OrderLine),
     ("account_health.csv", AccountHealth)],
)  # fmt: skip
def test_every_column_of_a_plain_file_is_named(heading, table):
    page = (ROOT / "docs/files.md").read_text("utf-8")
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    columns = {field.name for field in fields(table)}
    if table is OrderLine:  # some are ours alone
        columns -= {"line_key", "copy", "title", "external_id"}

    assert not [column for column in columns if f"`{column}`" not in section]


def test_the_words_by_which_reports_are_known_are_told():
    page = (ROOT / "docs/files.md").read_text("utf-8")
    words = [key for keys, _, _ in json_reports.REPORTS for key in keys]
    words += ["Feed Processing Summary", "original-record-number", "ProcessingReport"]
    listed = ("cancel-date", "cancelled-by", "cancel-reason")

    assert not [word for word in (*words, *listed) if f"`{word}`" not in page]
    assert all(CANCELLATION_REPORT.fits(Header(["order-id", *two])) for two in combinations(listed, 2))


def test_every_command_is_named_in_the_documentation():
    text = "".join(page.read_text("utf-8") for page in PAGES)
    names = [command.name or command.callback.__name__ for command in app.registered_commands]

    assert len(names) >= 10
    assert not [name for name in names if f"promofuse {name}" not in text]


def test_the_licence_and_the_changelog_are_there():
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text("utf-8")
