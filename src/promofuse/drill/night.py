"""A scenario as a shop's plain files: what a seller would have downloaded by each moment of the night."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from promofuse.drill.scenario import Scenario, State, Stream, states_of

SHOP: Final = "drill"
DAY: Final = timedelta(days=1)
_COLUMNS: Final = (
    "order_id", "line_id", "ordered_at", "updated_at", "marketplace", "sku", "quantity", "quantity_shipped",
    "item_price", "item_discount", "currency", "promotion_ids", "status", "fulfilled_by", "buyer_name", "buyer_email",
    "buyer_language", "cancel_requested_by_buyer", "cancelled_by", "cancelled_at",
)  # fmt: skip
_AT_FIRST: Final = {State.PENDING: "pending"}
_IN_THE_END: Final = {
    State.PENDING: "pending",
    State.BUYER_CANCELLED: "cancelled",
    State.SHIPPED: "shipped",
    State.PART_SHIPPED: "partially_shipped",
    State.MARKETPLACE_SHIPPED: "shipped",
}
_BY_MARKETPLACE: Final = (State.MARKETPLACE, State.MARKETPLACE_SHIPPED)
_NAMES: Final = ("Ann Lee", "Jürgen Groß", "王伟", "José Núñez", "Zoë Ångström", "Мария Иванова", "佐藤 花子", "")


@dataclass(slots=True)
class Order:
    """One order: when it came in, what it is, and how far its life has been told."""

    order_id: str
    at: datetime
    stream: Stream
    quantity: int
    state: State
    number: int
    told: dict[str, str] = field(default_factory=dict)  # the state columns as the last file had them

    @property
    def spoilt(self) -> bool:
        """Whether the response has to find it."""
        return self.stream.fault


class Night:
    """A shop's folder that grows as the night goes on."""

    def __init__(self, name: str, scenario: Scenario, folder: Path) -> None:
        self.scenario, self._folder, self._files = scenario, folder / "inbox", 0
        self._folder.mkdir(parents=True)
        self._promotions = -1
        (folder / "config.toml").write_text(_config(scenario), "utf-8")
        _write(self._folder / "catalogue.csv", [self._offer(row) for row in scenario.offers])
        streams = [order for number, stream in enumerate(scenario.orders) for order in _stream(number, stream)]
        last = max((stream.last for stream in scenario.orders), default=scenario.at)
        self.end = max(last, scenario.at, *((scenario.person.noticed,) if scenario.person else ()))
        self.orders = sorted([*self._trade(name), *streams], key=lambda order: (order.at, order.order_id))

    def lay(self, now: datetime, *, settled: bool = False, closing: Mapping[str, str] | None = None) -> None:
        """Lay what a seller would have downloaded at `now`: only what is new or has changed since.

        `settled`: the orders are in the state in which they were when somebody noticed. `closing` names who cancelled
        which order in the end, or says `shipped`, or `paid` of one that was pending.
        """
        known = [row for row in self.scenario.promotions if self._seen_at(row) <= now]
        if len(known) != self._promotions and known:
            _write(self._folder / "promotions.csv", [self._promotion(row) for row in known])
        self._promotions = len(known)
        rows = [
            row
            for order in self.orders
            if order.at <= now
            for row in self._news(order, now, settled=settled, end=(closing or {}).get(order.order_id, ""))
        ]
        if rows:
            self._files += 1
            _write(self._folder / f"orders-{self._files:03d}.csv", rows)

    def _offer(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"currency": self.scenario.currency, "fee_rate": self.scenario.fee_rate, **row}

    def _promotion(self, row: dict[str, Any]) -> dict[str, Any]:
        skus = [self.scenario.offers[0]["sku"]]
        usual = {"kind": "percent_off", "currency": self.scenario.currency, "skus": skus}
        return {**usual, "seen_at": self._seen_at(row), **row}

    def _seen_at(self, row: dict[str, Any]) -> datetime:
        seen: datetime = row.get("seen_at") or self.scenario.at - timedelta(hours=2)
        return seen

    def _trade(self, name: str) -> Iterator[Order]:
        """Ordinary orders, from some weeks before the first look until the night is over."""
        trade, dice = self.scenario.trade, random.Random(name)  # noqa: S311  (the same every time)
        offer = next((o for o in self.scenario.offers if o["sku"] == trade.sku), self.scenario.offers[0])
        price = trade.price if trade.price is not None else Decimal(str(offer.get("list_price") or offer["price"]))
        begin = min([self.scenario.at, *(stream.first for stream in self.scenario.orders)]) - trade.days * DAY
        count = round((self.end - begin) / DAY * trade.orders_a_day)
        stream = Stream(first=begin, last=self.end, count=max(1, count), sku=offer["sku"], paid=price, fault=False)
        for number in range(count):
            at = begin + (self.end - begin) * ((number + dice.random()) / count)
            at = at.replace(microsecond=0)
            shipped = at < self.scenario.at - DAY and at < self.end - DAY
            yield Order(f"T-{number:06d}", at, stream, 1, State.SHIPPED if shipped else State.UNSHIPPED, number)

    def _news(self, order: Order, now: datetime, *, settled: bool, end: str) -> Iterator[dict[str, Any]]:
        """The rows of an order if the last file told it differently."""
        life = self._life(order, now, settled=settled or not order.spoilt, end=end)
        timeless = {key: value for key, value in life.items() if key not in ("updated_at", "cancelled_at")}
        if timeless == order.told:
            return
        order.told = timeless
        stream = order.stream
        gross = (stream.price if stream.price is not None else stream.paid) * order.quantity
        bulk = 0 < stream.one_buyer_from <= order.quantity
        buyer = f"reseller-{stream.sku}" if bulk else order.order_id
        row = {
            "order_id": order.order_id, "line_id": f"9{order.number:013d}", "ordered_at": order.at,
            "marketplace": self.scenario.marketplace, "sku": stream.sku, "quantity": order.quantity,
            "item_price": gross, "item_discount": gross - stream.paid * order.quantity,
            "currency": self.scenario.currency_of(stream), "promotion_ids": list(stream.promotions),
            "fulfilled_by": "marketplace" if order.state in _BY_MARKETPLACE else "merchant",
            "buyer_name": _NAMES[order.number % len(_NAMES)],
            "buyer_email": "" if order.state is State.NO_ADDRESS else f"{buyer.lower()}@buyers.example",
            "buyer_language": self.scenario.language,
        }  # fmt: skip
        yield row | life
        if order.state is State.WITH_INNOCENT:
            innocent = {"line_id": f"8{order.number:013d}", "quantity": 1, "promotion_ids": []}
            price = self._full_price(stream)
            life = {key: value for key, value in life.items() if not key.startswith("cancelled")}
            life["status"] = "unshipped"
            yield row | life | innocent | {"item_price": price, "item_discount": 0}

    def _full_price(self, stream: Stream) -> Decimal:
        offer = next(o for o in self.scenario.offers if o["sku"] == stream.sku)
        return Decimal(str(offer.get("list_price") or offer["price"]))

    def _life(self, order: Order, now: datetime, *, settled: bool, end: str) -> dict[str, Any]:
        """The columns that tell an order's state."""
        status = (_IN_THE_END if settled else _AT_FIRST).get(order.state, "unshipped")
        by = "buyer" if status == "cancelled" else ""
        if end in ("shipped", "paid"):
            status = "shipped" if end == "shipped" else "unshipped"
        elif end:
            status, by = "cancelled", end
        shipped = {"shipped": order.quantity, "partially_shipped": 1}.get(status, 0)
        return {
            "updated_at": now, "status": status, "quantity_shipped": shipped, "cancelled_by": by,
            "cancelled_at": now if by else "",
            "cancel_requested_by_buyer": str(settled and order.state is State.ASKED).lower(),
        }  # fmt: skip


def _stream(place: int, stream: Stream) -> Iterator[Order]:
    kind = "F" if stream.fault else "H"
    for number, (at, (quantity, state)) in enumerate(zip(stream.times(), states_of(stream), strict=True)):
        yield Order(
            order_id=f"{kind}{place}-{number:05d}",
            at=at.replace(microsecond=0),
            stream=stream,
            quantity=max(2, quantity) if state is State.PART_SHIPPED else quantity,
            state=state,
            number=(place + 1) * 100_000 + number,
        )


def _config(scenario: Scenario) -> str:
    return (
        f'[shops.{SHOP}]\nkind = "plain-files"\nplatform = "{scenario.platform}"\n'
        f'marketplace = "{scenario.marketplace}"\nfolder = "inbox"\nseller_name = "Lumina Home"\nsigner = "Chen Wei"\n'
        '[mail]\nfrom_address = "service@lumina.example"\n'
    )


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows as a plain file; the columns are those that any row has."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(row.get(column, "")) for column in columns] for row in rows)


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ";".join(map(str, value))
    return str(value)
