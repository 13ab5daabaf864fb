"""A drill's TOML file as a checked value: a shop's settings, how its orders came in, and what has to come out."""

from __future__ import annotations

import csv
import io
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from promofuse.errors import UsageError
from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.response.triage import Decision
from promofuse.shops.plain_files import PlainFiles

Row = dict[str, Any]
Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Share = Annotated[Decimal, Field(ge=0, le=1)]

NIGHTS: Final = "nights"
_ORDERS: Final = ("order_id", "ordered_at", "sku", "quantity", "currency", "item_price")
_MINOR: Final = frozenset({"line_key", "copy", "external_id", "title"})
_COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "offers": frozenset(Offer.__slots__),
    "promotions": frozenset(Promotion.__slots__),
    "sold": (frozenset(OrderLine.__slots__) - _MINOR) | {"buyer_name", "buyer_email", "buyer_language"},
}
_FILES: Final = {"offers": "catalogue.csv", "promotions": "promotions.csv", "sold": "orders.csv"}
_OWN_KEYS: Final = ("orders_a_day", "usual_price")  # of an offer, beside the catalogue's columns


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Past(_Table):
    """An incident of the weeks before, closed by now."""

    incident_id: str
    opened_at: Moment
    promotion_id: str = ""
    skus: tuple[str, ...] = ()


class Rush(_Table):
    """One stream of orders on one SKU: how many, from when, for how long, at what price, and what became of them.

    `paid` is for one unit. The shares are drawn order by order; `big` are the quantities of single large orders that
    come beside the others, spread over the stream.
    """

    sku: str
    promotions: tuple[str, ...] = ()
    paid: Decimal = Field(ge=0)
    currency: str = ""
    orders: int = Field(ge=0, le=20_000)
    begins: Moment
    minutes: int = Field(gt=0, le=60 * 24 * 60)
    shape: Literal["even", "rising", "falling"] = "even"
    units: tuple[Annotated[int, Field(gt=0)], ...] = (1,)
    big: tuple[Annotated[int, Field(gt=0)], ...] = ()
    by_marketplace: Share = Decimal(0)
    pending: Share = Decimal(0)
    pending_minutes: int = Field(180, gt=0)
    buyer_asks: Share = Decimal(0)
    buyer_cancels: Share = Decimal(0)
    no_address: Share = Decimal(0)
    ships: Share = Decimal(0)
    ships_after_minutes: int = Field(60, gt=0)


class Night(_Table):
    """What people and the platform did: when somebody noticed, how long after an alarm the promotion was stopped."""

    noticed_after_minutes: int = Field(gt=0)
    reaction_minutes: int = Field(10, ge=0)
    tail_minutes: int = Field(0, ge=0)
    look_seconds: int = Field(60, ge=10)
    marketplace_cancels: Share = Decimal("0.5")
    plan: Literal["", "cancel-all", "under-limit", "least-cost", "legal-review"] = ""
    orders: tuple[Rush, ...] = Field(min_length=1)


class Worst(_Table):
    """A finding that the check has to make, with its amounts as it writes them."""

    code: str
    price: str = ""
    contribution: str = ""
    exposure: str = ""


class Expected(_Table):
    """What has to come out. `alarm` blank: the watch has to stay silent. Counts that are 0 may be left out."""

    codes: tuple[str, ...] = ()
    worst: Worst | None = None
    running: bool = False
    alarm: Literal["", "order", "spike", "bleed"] = ""
    within_orders: int = Field(0, ge=0)
    decisions: dict[Decision, int] = Field(default_factory=dict)
    ledger: dict[Literal["cancelled", "honoured", "buyer_cancelled", "unknown", "failed", "too_late", "open"], int] = (
        Field(default_factory=dict)
    )

    @property
    def silent(self) -> bool:
        """Whether nothing at all may be said: no finding, no alarm, no incident."""
        return not self.codes and not self.alarm and not self.decisions


class Trade(_Table):
    """The usual trade on an offer before the night and beside it, at `usual_price` (the offer's price where None)."""

    orders_a_day: int = Field(0, ge=0, le=500)
    usual_price: Decimal | None = None


class Scenario(_Table):
    """One drill. Rows of `offers`, `promotions` and `sold` have the columns of the plain files."""

    name: str
    title: str = Field(min_length=1, max_length=60)
    about: str = Field(min_length=1)
    source: str = ""
    scale: str = ""
    at: Moment
    platform: str = "amazon"
    marketplace: str = ""
    currency: str = "USD"
    language: str = ""
    loss_budget: Decimal = Decimal(200)
    offers: tuple[Row, ...] = Field(min_length=1)
    trade: dict[str, Trade] = Field(default_factory=dict)  # by SKU; stands in the offers' rows
    promotions: tuple[Row, ...] = ()
    sold: tuple[Row, ...] = ()
    incidents: tuple[Past, ...] = ()
    night: Night
    expected: Expected | None = None

    @model_validator(mode="after")
    def _known_names(self) -> Scenario:
        for key, columns in _COLUMNS.items():
            for number, row in enumerate(getattr(self, key), 1):
                if unknown := [name for name in row if name not in columns]:
                    raise ValueError(f"[[{key}]] number {number}: no column {unknown[0]!r} in {_FILES[key]}")
        skus = {str(offer.get("sku")) for offer in self.offers}
        ids = {str(promotion.get("promotion_id")) for promotion in self.promotions}
        for number, rush in enumerate(self.night.orders, 1):
            if rush.sku not in skus:
                raise ValueError(f"[[night.orders]] number {number}: no offer has the SKU {rush.sku!r}")
            if rush.begins < self.at - timedelta(days=1):
                raise ValueError(f"[[night.orders]] number {number}: begins more than a day before `at`")
            if unknown := [name for name in rush.promotions if name not in ids]:
                raise ValueError(f"[[night.orders]] number {number}: there is no promotion {unknown[0]!r}")
        return self

    @model_validator(mode="before")
    @classmethod
    def _own_keys(cls, values: Any) -> Any:
        """The keys of an offer that are the drill's own go where the plain files do not see them."""
        if isinstance(values, dict):
            offers = [dict(row) for row in values.get("offers", ()) if isinstance(row, dict)]
            trade = {str(row.get("sku")): {key: row.pop(key) for key in _OWN_KEYS if key in row} for row in offers}
            return {**values, "offers": offers, "trade": trade}
        return values

    @property
    def begins(self) -> datetime:
        """When the first order of the night comes."""
        return min(rush.begins for rush in self.night.orders)

    @property
    def noticed(self) -> datetime:
        """When a person noticed in the story."""
        return self.begins + timedelta(minutes=self.night.noticed_after_minutes)

    def table(self, key: str, more: Iterable[Row] = ()) -> bytes:
        """Rows of the scenario as the plain file they belong to, `more` after them."""
        usual: Row = {"currency": self.currency}
        if key == "offers":
            usual["fee_rate"] = "0.15"
        elif key == "promotions":
            usual |= {"seen_at": self.at - timedelta(hours=2), "skus": self.offers[0]["sku"]}
        else:
            hour_ago = self.at - timedelta(hours=1)
            usual |= {"line_id": "1", "quantity": 1, "ordered_at": hour_ago}
        return csv_table([usual | row for row in (*getattr(self, key), *more)], _ORDERS if key == "sold" else ())


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plain files of a scenario say, as the shop's reader reads them."""

    offers: tuple[Offer, ...]
    promotions: tuple[Promotion, ...]
    sold: tuple[OrderLine, ...]


def csv_table(rows: Sequence[Row], columns: Iterable[str] = ()) -> bytes:
    """A plain file: a column for each key that any of the rows has."""
    header = dict.fromkeys([*columns, *(key for row in rows for key in row)])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(row.get(key, "")) for key in header] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def read_facts(scenario: Scenario) -> Facts:
    """Read the scenario's rows the way a shop's files are read. Raises UsageError naming the table, row and column."""
    found: dict[str, list[Any]] = {}
    for key, name in _FILES.items():
        with tempfile.TemporaryDirectory(prefix="promofuse-") as folder:
            (Path(folder) / name).write_bytes(scenario.table(key))
            shop = PlainFiles(Path(folder), scenario.marketplace)
            with shop.open(shop.sources()[0]) as reading:
                found[key] = list(reading.batch.facts)
                gaps = [gap for gap in reading.batch.gaps if gap.line or getattr(scenario, key)]
        if gaps and getattr(scenario, key):
            gap = gaps[0]
            row = f" number {gap.line - 1}" if gap.line and gap.line > 1 else ""
            raise UsageError(
                f"{scenario.name}: [[{key}]]{row}, {gap.column or 'row'}: {gap.reason}",
                hint=f"rows have the columns of {name}: docs/files.md; how a drill is written: docs/drills.md",
            )
    lines = tuple(fact for fact in found["sold"] if isinstance(fact, OrderLine))
    return Facts(tuple(found["offers"]), tuple(found["promotions"]), lines)


def known_scenarios() -> dict[str, Path]:
    """The drills that come with Promofuse, by name."""
    folder = Path(str(resources.files("promofuse.drill"))) / NIGHTS
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find_scenario(name: str) -> Scenario:
    """A drill by its name, or a person's own by its path. Raises UsageError for none, or for a file with errors."""
    known = known_scenarios()
    if name in known:
        return load_scenario(known[name])
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        return load_scenario(path)
    raise UsageError(f"no drill {name!r}", hint="`promofuse drill` lists them; one of your own: a path to a .toml file")


def load_scenario(path: Path) -> Scenario:
    """Read and check a drill's file. Raises UsageError with the file, the key and the reason."""
    hint = "how a drill is written: docs/drills.md"
    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="promofuse drill lists those that are there") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}", hint=hint) from None
    try:
        return Scenario(**{**values, "name": path.stem})
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in wrong["loc"])
        said = wrong["msg"].removeprefix("Value error, ")
        more = f" ({len(error.errors()) - 1} more)" if len(error.errors()) > 1 else ""
        raise UsageError(f"{path}: {where + ': ' if where else ''}{said}{more}", hint=hint) from None
