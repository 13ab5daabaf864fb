"""Purge: forget buyers 30 days after their orders were shipped or cancelled; what proves the response stays."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from promofuse.app.outbox import refresh_outbox
from promofuse.config import Config
from promofuse.drafts.policy_rules import KINDS
from promofuse.errors import PromofuseError
from promofuse.facts import Buyer
from promofuse.outbox.letters import draft_name
from promofuse.outbox.pack import pack_name
from promofuse.shops import SHOPS
from promofuse.store.buyers import erase_buyers
from promofuse.store.deliveries import erase_messages
from promofuse.store.engine import Store
from promofuse.store.events import erase_event_texts
from promofuse.store.incidents import erase_draft_edits, load_incident_orders, load_incidents
from promofuse.store.orders import load_orders_over
from promofuse.store.privacy import Keys

RETENTION: Final = timedelta(days=30)  # Amazon's data protection policy: no longer after an order's fulfilment


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What was forgotten. `kept_files` are reports that also name buyers whose time is not up yet."""

    orders: int
    buyers: int
    incidents: tuple[str, ...]
    files: tuple[Path, ...]
    kept_files: tuple[Path, ...]
    problems: tuple[str, ...]


def purge(config: Config, store: Store, keys: Keys, at: datetime, *, inbox: bool, dry_run: bool = False) -> Purged:
    """Erase personal data whose time is up: in the database, the outbox, and (`inbox`) the report files.

    A report file goes when all buyers it names are due. What follows is idempotent: a kill in between is mended by the
    next run. Order ids, amounts, digests, receipts and who decided what stay.
    """
    orders = buyers = 0
    touched: list[str] = []
    files: list[Path] = []
    kept: list[Path] = []
    problems: list[str] = []
    with store.read() as db:
        unconfigured = {record.shop for record in load_incidents(db)} - config.shops.keys()
    for shop in (*config.shops, *sorted(unconfigured)):
        with store.read() as db:
            due = load_orders_over(db, shop, at - RETENTION)
            records = [record for record in load_incidents(db) if record.shop == shop]
        orders += len(due)
        if inbox and shop in config.shops:
            gone, stay = _report_files(config, shop, due)
            kept += stay
            files += gone
        if dry_run:
            continue
        for path in files:
            path.unlink(missing_ok=True)
        with store.write() as db:
            buyers += erase_buyers(db, shop, due, at)
        for record in records:
            with store.write() as db:
                own = load_incident_orders(db, record.incident_id)
                erased = own & due
                erase_draft_edits(db, record.incident_id, erased)
                changed = erase_messages(db, record.incident_id, erased)
                if own and erased == own:
                    erase_event_texts(db, record.incident_id)
            if not erased:
                continue
            touched.append(record.incident_id)
            try:
                if changed:
                    refresh_outbox(config, store, keys, record.incident_id, at)
            except PromofuseError as error:
                problems.append(f"{record.incident_id}: {error}")
            _sweep(config.outbox_dir / record.incident_id / "3-buyers", erased)
            (config.outbox_dir / pack_name(record.incident_id, with_letters=True)).unlink(missing_ok=True)
    return Purged(
        orders=orders,
        buyers=buyers,
        incidents=tuple(touched),
        files=tuple(files),
        kept_files=tuple(kept),
        problems=tuple(problems),
    )


def _report_files(config: Config, name: str, due: Collection[str]) -> tuple[list[Path], list[Path]]:
    """Files of the shop's folder that name buyers: those of whom all are due, and those of whom some are."""
    settings = config.shops[name]
    shop = SHOPS[settings.kind](settings.folder, settings.marketplace)
    gone, kept = [], []
    for source in shop.sources():
        with shop.open(source) as reading:
            named = {fact.order_id for fact in reading.batch.facts if isinstance(fact, Buyer)}
        if named and named <= set(due):
            gone.append(source.path)
        elif named & set(due):
            kept.append(source.path)
    return gone, kept


def _sweep(folder: Path, erased: Collection[str]) -> None:
    """Copies that people made or took out: their versions of drafts and lists, and exports."""
    names = {draft_name(order_id, kind) for order_id in erased for kind in KINDS}
    for path in folder.rglob("*.eml"):
        if path.name.partition(".edited-")[0].removesuffix(".eml") in names:
            path.unlink()
    for path in (*folder.glob("*.edited-*"), *folder.glob("samples/*.edited-*")):
        path.unlink()
    for batch in (folder / "export").glob("batch-*"):
        for table in ("mail-merge.csv", "paste.txt"):
            (batch / table).unlink(missing_ok=True)
        if not any((batch / "eml").glob("*.eml")):
            shutil.rmtree(batch)
