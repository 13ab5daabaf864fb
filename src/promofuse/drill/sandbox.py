"""A shop in a folder of its own: its configuration, and its plain files as they are at any moment of the night.

Nothing of the user's own is looked at: neither his configuration nor the environment; there is no mail server.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from promofuse.config import Config, MailConfig, ShopConfig, WatchConfig
from promofuse.drill.arrivals import Coming, Doings, has_come, order_row
from promofuse.drill.scenario import Row, Scenario, csv_table

SHOP: Final = "drill"
SELLER: Final = "Nordlicht"
SIGNER: Final = "Kim Berg"


class Sandbox:
    """The folder of one drill."""

    def __init__(self, scenario: Scenario, orders: Sequence[Coming], folder: Path) -> None:
        self._scenario, self._orders = scenario, orders
        self.folder = folder
        self.inbox = folder / "inbox"
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.config = self._configure()
        self._before = False

    def _configure(self) -> Config:
        """The configuration, and the same as config.toml for a person who keeps the folder."""
        story = self._scenario
        shop = {
            "kind": "plain-files", "platform": story.platform, "marketplace": story.marketplace, "folder": "inbox",
            "seller_name": SELLER, "signer": SIGNER, "from_address": "service@nordlicht.example",
        }  # fmt: skip
        lines = [f"[shops.{SHOP}]", *(f'{key} = "{value}"' for key, value in shop.items())]
        lines += ["[watch]", f"loss_budget = {story.loss_budget}", "[mail]", 'host = "localhost.invalid"']
        (self.folder / "config.toml").write_text("\n".join(lines) + "\n", "utf-8")
        # Not read from the file: the environment could name a mail server, a database, somebody to tell.
        return Config.model_construct(
            data_dir=self.folder / "var",
            outbox_dir=self.folder / "outbox",
            shops={SHOP: ShopConfig.model_validate({**shop, "folder": self.inbox})},
            watch=WatchConfig(loss_budget=story.loss_budget),
            mail=MailConfig(host="localhost.invalid"),
        )

    def write(self, now: datetime, doings: Doings) -> None:
        """The shop's files as somebody would find them at `now`."""
        story = self._scenario
        self._put("catalogue.csv", self._catalogue(doings), now)
        if story.promotions:
            self._put("promotions.csv", story.table("promotions", self._ended(doings)), now)
        if not self._before:
            earlier = [order for order in self._orders if order.seen_at <= story.at and not order.rush]
            rows = [order_row(order, Doings(), story.at, story.language) for order in earlier]
            self._put("orders-before.csv", story.table("sold", rows), now)
            self._before = True
        shown = [
            order_row(order, doings, now, story.language)
            for order in self._orders
            if (order.rush or order.seen_at > story.at) and has_come(order, story, doings, now)
        ]
        if shown:
            self._put("orders.csv", csv_table(shown), now)

    def _catalogue(self, doings: Doings) -> bytes:
        """Once it is stopped, a price that had slipped is the usual one again."""
        story, rows = self._scenario, []
        for row in story.offers:
            trade = story.trade.get(str(row["sku"]))
            mended = doings.stopped_at is not None and trade is not None and trade.usual_price is not None
            rows.append({**row, "price": trade.usual_price} if mended and trade else row)
        return story.model_copy(update={"offers": tuple(rows)}).table("offers")

    def _ended(self, doings: Doings) -> list[Row]:
        """The promotions of the night's orders as they are recorded once they were stopped."""
        if doings.stopped_at is None:
            return []
        named = {name for rush in self._scenario.night.orders for name in rush.promotions}
        newest = {row["promotion_id"]: row for row in self._scenario.promotions if row["promotion_id"] in named}
        return [{**row, "seen_at": doings.stopped_at, "status": "ended"} for row in newest.values()]

    def _put(self, name: str, content: bytes, now: datetime) -> None:
        """Write a file with the night's own time, unless it is there as it is."""
        path = self.inbox / name
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
        os.utime(path, (now.timestamp(), now.timestamp()))
