"""The doctor: what works and what does not, each with what to do about it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from promofuse.alerts import send_alert
from promofuse.app.account import load_rate
from promofuse.app.read import ShopRead, read_shops
from promofuse.app.tell import render_alert
from promofuse.config import Config
from promofuse.delivery.smtp import SmtpFailure, connected
from promofuse.drafts.render import TemplateProblem, check_templates
from promofuse.marketplaces import MARKETPLACES, find_marketplace
from promofuse.rules.wording import count_text
from promofuse.store.engine import Connection, Store
from promofuse.store.offers import load_offers
from promofuse.store.orders import count_orders_without_lines, data_as_of, load_skus
from promofuse.store.privacy import Keys
from promofuse.store.promotions import load_promotions
from promofuse.store.reads import load_gaps

LEAST_FREE: Final = 200 * 2**20  # bytes; a large incident's drafts and the database's journal need room
CLOCK_SLACK: Final = timedelta(minutes=5)
MAIL_TIMEOUT: Final = 5.0  # seconds


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's report. `exit_code` is the command's if it failed."""

    name: str
    state: State
    message: str
    hint: str = ""
    exit_code: int = 0


def examine(config: Config, store: Store, keys: Keys, at: datetime, *, test_mail: bool = False) -> Iterator[Check]:
    """Check everything that a night depends on; each check is yielded as soon as it is known.

    `test_mail` sends a message to the seller's own addresses; without it nothing is sent.
    """
    yield Check(
        "config", State.OK, f"{count_text(len(config.shops), 'shop')}, reader language {config.reader_language}"
    )
    yield _disk(config)
    yield _clock(config, at)
    yield _templates(config)
    if not config.shops:
        yield Check("shops", State.FAIL, "no shop is configured", "add a [shops.NAME] table to config.toml", 3)
    yield from _marketplaces(config)
    for read in read_shops(config, store, keys, at):
        yield from _shop(config, store, read, at)
    yield from _sender(config)
    yield asyncio.run(_mail(config, at, test=test_mail))


def next_steps(checks: Sequence[Check]) -> list[str]:
    """What to do about the worst check, the first of equals; mail comes last, for it is needed for sending only."""
    wrong = [check for check in checks if check.state is not State.OK]
    look = "promofuse check     the worst price that a buyer can reach"
    if not wrong:
        return [look, "promofuse daemon     keep watching"]
    first = min(wrong, key=lambda check: (check.name == "mail", check.state is State.WARN))
    steps = [f"{first.name}: {first.hint or first.message}", "promofuse doctor     again, when that is done"]
    return [*steps, look] if first.name == "mail" else steps


def _marketplaces(config: Config) -> Iterator[Check]:
    """A marketplace that is not known by name has no zone, language or currency; where a platform has none it may."""
    for name, shop in config.shops.items():
        known = [place for place in MARKETPLACES if place.startswith(f"{shop.platform}.")]
        if not known or not shop.marketplace or find_marketplace(shop.marketplace):
            continue
        alike = get_close_matches(shop.marketplace, known, n=1)
        yield Check(
            f"shop {name}",
            State.WARN,
            f"no marketplace {shop.marketplace!r} is known: days are told in UTC, letters by the buyer's country",
            f'set marketplace = "{alike[0]}"' if alike else f"set marketplace to one of {', '.join(known)}",
        )


def _disk(config: Config) -> Check:
    free = shutil.disk_usage(config.data_dir if config.data_dir.exists() else config.data_dir.parent).free
    if free < LEAST_FREE:
        return Check("disk", State.FAIL, f"only {free // 2**20} MB free", "free some space: nothing can be written", 70)
    return Check("disk", State.OK, f"{free // 2**20:,} MB free")


def _clock(config: Config, at: datetime) -> Check:
    """A clock that is behind the files it reads is wrong, and rates and ages with it."""
    folders = [shop.folder for shop in config.shops.values() if shop.folder.is_dir()]
    newest = max((path.stat().st_mtime for folder in folders for path in folder.iterdir()), default=0.0)
    ahead = datetime.fromtimestamp(newest, UTC) - at
    if ahead > CLOCK_SLACK:
        minutes = int(ahead / timedelta(minutes=1))
        hint = "set the machine's clock; with --at in the past this is as it should be"
        return Check("clock", State.WARN, f"it is {at:%Y-%m-%d %H:%M} UTC, and a file is {minutes:,} min ahead", hint)
    return Check("clock", State.OK, f"{at:%Y-%m-%d %H:%M} UTC")


def _templates(config: Config) -> Check:
    try:
        count = check_templates(config.templates_dir)
    except TemplateProblem as problem:
        return Check("templates", State.FAIL, str(problem), "mend the file, or delete it to use the shipped one", 3)
    return Check("templates", State.OK, f"{count} templates render")


def _shop(config: Config, store: Store, read: ShopRead, at: datetime) -> Iterator[Check]:
    name = f"shop {read.shop}"
    if read.error is not None:
        yield Check(name, State.FAIL, str(read.error), read.error.hint, read.error.exit_code)
        return
    with store.read() as db:
        gaps = load_gaps(db, read.shop)
        as_of = data_as_of(db, read.shop, at)
        rate = load_rate(db, config, read.shop, at, as_of)
        unstated = count_orders_without_lines(db, read.shop)
        revisions = load_promotions(db, read.shop)
        costs = _missing_costs(db, read.shop, {sku for revision in revisions for sku in revision.skus})
    yield _data_age(config, read.shop, as_of, at)
    if gaps:
        first = gaps[0]
        where = first.file + (f", line {first.line}" if first.line else "")
        said = f"{count_text(len(gaps), 'row')} or files could not be read"
        yield Check(name, State.WARN, said, f"mend {where}: {first.reason}")
    if revisions:
        known = len({revision.promotion_id for revision in revisions})
        yield Check(name, State.OK, f"{count_text(known, 'promotion')} on record")
    else:
        hint = "write promotions.csv (promotion_id,seen_at,kind,skus,percent_off,…): it tells the plan from the slip"
        yield Check(name, State.WARN, "no promotions on record", hint)
    if unstated:
        hint = "drop an All Orders report that reaches back to them: it knows state and price"
        verb = "is" if unstated == 1 else "are"
        yield Check(name, State.WARN, f"{count_text(unstated, 'order')} {verb} known from the Order Report alone", hint)
    if costs:
        rows = "; ".join(f"{sku},{currency},?" for sku, currency in costs[:3])
        yield Check(
            name,
            State.WARN,
            f"{count_text(len(costs), 'SKU')} without a unit cost: losses on {'it' if len(costs) == 1 else 'them'} "
            "cannot be seen",
            f"write catalogue.csv with the columns sku,currency,unit_cost: {rows}",
        )
    if rate.now is None:
        yield Check(
            name,
            State.WARN,
            f"the cancellation rate is unknown: {rate.why}",
            "put new orders that reach back 8 days, or account_health.csv, into the folder",
        )


def _data_age(config: Config, shop: str, as_of: datetime | None, at: datetime) -> Check:
    name = f"shop {shop}"
    if as_of is None:
        by_hand = config.shops[shop].kind == "amazon-reports"
        files = "an All Orders report and an Order Report" if by_hand else "orders.csv"
        return Check(name, State.WARN, "no orders read yet", f"drop {files} into its folder")
    minutes = int((at - as_of) / timedelta(minutes=1))
    if minutes > config.response.max_data_age:
        hint = "download new reports before you act on them"
        return Check(name, State.WARN, f"order data is {minutes:,} min old", hint)
    return Check(name, State.OK, f"order data is {minutes} min old")


def _missing_costs(db: Connection, shop: str, promoted: Collection[str]) -> list[tuple[str, str]]:
    """(SKU, currency) that were ordered and have no unit cost in that currency; promoted ones first."""
    known = {(offer.sku, offer.currency) for offer in load_offers(db, shop) if offer.unit_cost is not None}
    return sorted((p for p in load_skus(db, shop) if p not in known), key=lambda pair: pair[0] not in promoted)


def _sender(config: Config) -> Iterator[Check]:
    for name, shop in config.shops.items():
        if not shop.from_address:
            hint = "set mail.from_address; on Amazon an address approved in Messaging Permissions"
            yield Check(f"shop {name}", State.WARN, "letters have no sender address", hint)
        if not shop.seller_name or not shop.signer:
            hint = f"set both under [shops.{name}]: letters are signed with them"
            yield Check(f"shop {name}", State.WARN, "seller_name or signer is empty", hint)


async def _mail(config: Config, at: datetime, *, test: bool) -> Check:
    """Connect as sending does, and send a test message by the same way if asked to."""
    import aiosmtplib

    mail, own = config.mail, config.alerts.to
    server = replace(mail.server, timeout=MAIL_TIMEOUT)
    if test and not (own and mail.from_address):
        hint = "set from_address in [mail], and your own address in to in [alerts]"
        return Check("mail", State.FAIL, "a test message has no sender or no address to go to", hint, 3)
    try:
        if test:
            subject, body = render_alert(config, "test", {"sender": mail.from_address, "server": server.where})
            reply = await send_alert(server=server, sender=mail.from_address, to=own, subject=subject, body=body, at=at)
            return Check("mail", State.OK, f"a test message went to {', '.join(own)}; {server.where} said: {reply}")
        async with connected(server) as client:
            await client.noop()
    except (SmtpFailure, aiosmtplib.SMTPException) as error:
        hint = "check host, port and security in [mail]; needed for sending only"
        return Check("mail", State.FAIL, f"{server.where}: {error}", hint, 4)
    return Check("mail", State.OK, f"{server.where} answers, security {mail.security}")
