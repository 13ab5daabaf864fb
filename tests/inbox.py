"""A shop's folder with its own database, for tests that read files and look at what is stored."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from promofuse.app.read import ShopRead, read_shops
from promofuse.config import Config
from promofuse.facts import Gap, OrderLine
from promofuse.store.buyers import load_buyers, load_item_details
from promofuse.store.engine import open_store
from promofuse.store.offers import load_account_health, load_offers
from promofuse.store.orders import load_orders_with_sku, load_skus
from promofuse.store.privacy import load_keys
from promofuse.store.promotions import load_promotions
from promofuse.store.reads import load_gaps
from reports import START

LONG_AGO = datetime(1991, 1, 1, tzinfo=UTC)


class Inbox:
    """One shop, named `us`. Files are put into its folder; `read` reads them at a time."""

    def __init__(self, base: Path, kind: str = "amazon-reports", marketplace: str = "amazon.com") -> None:
        self.folder = base / "inbox"
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = base / "config.toml"
        settings.write_text(f'[shops.us]\nkind = "{kind}"\nmarketplace = "{marketplace}"\nfolder = "inbox"\n')
        self.config = Config.read(settings)
        self.store = open_store("", self.config.data_dir)
        self.keys = load_keys(self.config.data_dir)
        self._writes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()

    def put(self, name: str, content: bytes) -> Path:
        """Write a file into the folder, later than all files before it and long before START."""
        path = self.folder / name
        path.write_bytes(content)
        self._writes += 1
        then = LONG_AGO.timestamp() + self._writes
        os.utime(path, (then, then))
        return path

    def read(self, minutes: float = 600) -> ShopRead:
        """Read the folder at START plus some minutes."""
        [read] = read_shops(self.config, self.store, self.keys, START + timedelta(minutes=minutes))
        assert read.error is None
        return read

    def orders(self) -> dict[str, list[OrderLine]]:
        """All current lines by order."""
        with self.store.read() as db:
            skus = {sku for sku, _ in load_skus(db, "us")}
            found = {k: v for sku in skus for k, v in load_orders_with_sku(db, "us", sku, LONG_AGO).items()}
        return dict(sorted(found.items()))

    def line(self) -> OrderLine:
        """The only current line there is."""
        [[line]] = self.orders().values()
        return line

    def gaps(self) -> list[Gap]:
        """What could not be read."""
        with self.store.read() as db:
            return load_gaps(db, "us")

    def facts(self) -> dict[str, object]:
        """Everything that is stored of the shop, decrypted and in a fixed order."""
        with self.store.read() as db:
            ids = set(db.exec_driver_sql("SELECT order_id FROM item_detail UNION SELECT order_id FROM buyer").scalars())
            return {
                "orders": self.orders(),
                "details": dict(sorted(load_item_details(db, "us", ids).items())),
                "buyers": dict(sorted(load_buyers(db, self.keys, "us", ids).items())),
                "offers": load_offers(db, "us"),
                "promotions": load_promotions(db, "us"),
                "account_health": load_account_health(db, "us"),
            }
