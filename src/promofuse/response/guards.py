"""What to add so that it is caught next time: lines of config.toml and rows of the shop's files, ready to paste."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from promofuse.facts import Offer, Promotion, PromotionKind
from promofuse.money import decimal_text
from promofuse.response.caught import Caught
from promofuse.response.post_mortem import PostMortem
from promofuse.verdicts import AlarmKind

_MOST: Final = 10  # SKUs named one by one; beyond that a category, or the shop
_NO_ADDRESS: Final = "you@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Lines to add to a file, and a word for why: `alerts`, `minimum`, `minimum-in-catalogue`, `cost`, `intended`,
    `record`, `budget`. `number` is what it is about: a percentage, rows, orders."""

    file: str
    why: str
    lines: tuple[str, ...]
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the configuration says already: whom alarms go to, the seller's own address, the loss that is allowed."""

    alerts: bool
    own_address: str
    loss_budget: Fraction


def guards(
    found: PostMortem, shop: str, faulty: Promotion | None, offers: Iterable[Offer], settings: Settings
) -> list[Guard]:
    """The lines to add, the most useful first; none where all of it is there. `offers` are those of the incident."""
    caught, own = found.caught, list(offers)
    made = [_costs(caught), _record(caught, faulty), *_minimum(caught, shop, own), _intended(faulty, own)]
    made.append(_budget(found, settings))
    if not settings.alerts:
        address = settings.own_address or _NO_ADDRESS
        made.append(Guard(file="config.toml", why="alerts", lines=("[alerts]", f"to = [{toml_text(address)}]")))
    return [guard for guard in made if guard is not None]


def toml_text(text: str) -> str:
    """A basic string of TOML: quoted, with an escape for all that does not print."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(
        c if c.isprintable() else f"\\u{ord(c):04X}" if ord(c) <= 0xFFFF else f"\\U{ord(c):08X}" for c in quoted
    )


def _costs(caught: Caught) -> Guard | None:
    if not caught.lacking:
        return None
    rows = [(sku, currency, "") for sku, currency in caught.lacking[:_MOST]]
    lines = ("sku,currency,unit_cost", *map(_csv_line, rows))
    return Guard(file="catalogue.csv", why="cost", lines=lines, number=str(len(caught.lacking)))


def _record(caught: Caught, faulty: Promotion | None) -> Guard | None:
    """A promotion that no file tells of: the header of the file that would."""
    if caught.blind != "no-record" or faulty is not None:
        return None
    return Guard(
        file="promotions.csv",
        why="record",
        lines=("promotion_id,seen_at,starts_at,ends_at,kind,skus,percent_off,intended_percent_off",),
    )


def _minimum(caught: Caught, shop: str, offers: list[Offer]) -> list[Guard | None]:
    """A minimum margin that speaks; an offer's own minimum in the catalogue goes before the setting."""
    if caught.minimum is None:
        return []
    share = f"{Decimal(caught.minimum.numerator) / caught.minimum.denominator:.2f}"
    own = [offer for offer in offers if offer.min_margin is not None]
    free = [offer for offer in offers if offer.min_margin is None]
    made: list[Guard | None] = []
    if free:
        skus, categories = sorted({offer.sku for offer in free}), {offer.category for offer in free}
        scopes: list[Mapping[str, str]] = [{"sku": sku} for sku in skus]
        if len(skus) > _MOST:
            scopes = [{"category": categories.pop()}] if len(categories) == 1 and "" not in categories else [{}]
        lines = []
        for scope in scopes:
            named = {"shop": shop, **scope}
            lines += ["[[rules.margin-below-minimum.overrides]]"]
            lines += [f"{name} = {toml_text(value)}" for name, value in named.items()]
            lines += [f"minimum = {share}"]
        made.append(Guard(file="config.toml", why="minimum", lines=tuple(lines), number=share))
    if own:
        rows = [_csv_line((offer.sku, offer.currency, share)) for offer in own[:_MOST]]
        lines = ["sku,currency,min_margin", *rows]
        made.append(Guard(file="catalogue.csv", why="minimum-in-catalogue", lines=tuple(lines), number=share))
    return made


def _intended(faulty: Promotion | None, offers: list[Offer]) -> Guard | None:
    """The plan beside the setting: with it the first revision is compared before it starts."""
    if faulty is None or faulty.intended_percent_off is not None or faulty.intended_price is not None:
        return None
    price = faulty.fixed_price is not None or faulty.kind in (PromotionKind.FIXED_PRICE, PromotionKind.SALE_PRICE)
    cells = {
        "promotion_id": faulty.promotion_id,
        "seen_at": _time(faulty.seen_at),
        "kind": faulty.kind.value,
        "skus": ";".join(faulty.skus)
        if len(faulty.skus) <= _MOST
        else ";".join(sorted({o.sku for o in offers})[:_MOST]),
        "percent_off": _plain(faulty.percent_off),
        "amount_off": _plain(faulty.amount_off),
        "fixed_price": _plain(faulty.fixed_price),
        "currency": faulty.currency,
    }
    told = {name: cell for name, cell in cells.items() if cell} | {
        "intended_price" if price else "intended_percent_off": ""
    }
    return Guard(file="promotions.csv", why="intended", lines=(_csv_line(tuple(told)), _csv_line(tuple(told.values()))))


def _budget(found: PostMortem, settings: Settings) -> Guard | None:
    """Half the allowed loss, where the alarm waited for it to be used up."""
    first = found.alarms[0] if found.alarms else None
    if first is None or first.kind is not AlarmKind.BLEED or first.lost.minor <= 0:
        return None
    half = settings.loss_budget / 2
    amount = f"{Decimal(half.numerator) / half.denominator:.2f}"
    return Guard(
        file="config.toml",
        why="budget",
        lines=("[watch]", f"loss_budget = {amount}"),
        number=decimal_text(first.lost.minor, first.lost.currency),
    )


def _plain(number: Fraction | None) -> str:
    return "" if number is None else f"{Decimal(number.numerator) / number.denominator:f}"


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _csv_line(cells: tuple[str, ...]) -> str:
    """A row of CSV; one that would end the block of code that it stands in is quoted."""
    text = io.StringIO(newline="")
    fence = cells[0].lstrip()[:1] in ("`", "~")
    csv.writer(text, lineterminator="", quoting=csv.QUOTE_ALL if fence else csv.QUOTE_MINIMAL).writerow(cells)
    return text.getvalue()
