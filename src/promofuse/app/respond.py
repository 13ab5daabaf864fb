"""Respond: read the shops, find what a promotion or a price spoilt, decide, and lay the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from promofuse.app.account import ask_a_lawyer
from promofuse.app.case import compose_case, promotion_book
from promofuse.app.outbox import refresh_outbox
from promofuse.app.project import Projection
from promofuse.app.read import ShopRead, read_shops
from promofuse.app.send import nobody_sends
from promofuse.config import Config
from promofuse.errors import Refused, UsageError
from promofuse.incidents import Cause
from promofuse.marketplaces import marketplace_name
from promofuse.response.case import Case
from promofuse.response.plan import PLANS, offered_plans, suggested_plan
from promofuse.store.engine import Connection, Store
from promofuse.store.incidents import (
    IncidentRecord,
    change_incident,
    find_open_incident,
    next_incident_id,
    save_chosen,
    save_incident,
    save_incident_orders,
)
from promofuse.store.orders import load_skus, promotion_id_cells
from promofuse.store.privacy import Keys
from promofuse.store.watch import load_watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked for: a promotion or a SKU, perhaps one shop, a start, a plan."""

    promotion: str = ""
    sku: str = ""
    shop: str = ""
    since: datetime | None = None
    plan: str = ""
    dry_run: bool = False
    newest_within: timedelta | None = None  # open nothing whose last affected order is older
    opened_at: datetime | None = None  # of a new incident: its alarm's time; None: now


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came of it. `case` is None where nothing loses money; `projection` is None on a dry run.

    `still_open` is the cause's incident of an earlier run where nothing was projected now.
    """

    shop: str
    reads: tuple[ShopRead, ...]
    case: Case | None
    projection: Projection | None
    new_orders: int = 0
    opened: bool = False
    still_open: str = ""


def respond(config: Config, store: Store, keys: Keys, request: Request, at: datetime) -> Response:
    """Answer one promotion or SKU by hand.

    Raises UsageError for an unknown or ambiguous one, Refused for a plan that cannot be made, ShopUnreachable where
    a shop's folder is missing.
    """
    if request.plan and request.plan not in PLANS:
        raise UsageError(f"no plan {request.plan!r}", hint="plans: " + ", ".join(PLANS))
    names = shop_names(config, request.shop)
    reads = tuple(read_shops(config, store, keys, at, names))
    failed = next((read.error for read in reads if read.error is not None), None)
    readable = [read.shop for read in reads if read.error is None]
    try:
        with store.read() as db:
            shop, cause = find_cause(db, readable, request, at)
    except UsageError:
        if failed is not None:  # it may be in the shop that could not be read
            raise failed from None
        raise
    return respond_to(config, store, keys, shop, cause, at, request, reads)


def respond_to(
    config: Config,
    store: Store,
    keys: Keys,
    shop: str,
    cause: Cause,
    at: datetime,
    request: Request,
    reads: Sequence[ShopRead] = (),
) -> Response:
    """Open or extend the incident of one cause and project it; nothing happens where no order is affected."""
    with store.read() as db:
        known = find_open_incident(db, shop, cause.key)
        draft = known or IncidentRecord(
            incident_id=next_incident_id(db, request.opened_at or at),
            shop=shop,
            cause=cause,
            opened_at=request.opened_at or at,
            plan=suggested_plan(config.response.default_plan, legal_review=ask_a_lawyer(config, shop)),
        )
        record = replace(draft, plan=request.plan or draft.plan, since=request.since or draft.since)
        if request.plan:  # worked out anew
            record = replace(record, chosen=())
        case = compose_case(db, config, keys, record, at)
        if case and request.plan:
            refuse_unless_offered(request.plan, case)
        record = replace(record, reading=load_watch(db, shop).news)
        if case and cause.promotion_id and not record.since:
            record = replace(record, start=case.since)
    if case and known is None and request.newest_within and _newest_order(case) < at - request.newest_within:
        case = None
    if case is None or request.dry_run:
        still_open = known.incident_id if known else ""
        return Response(shop=shop, reads=tuple(reads), case=case, projection=None, still_open=still_open)
    # Letters are approved with a plan: it does not change while some leave.
    with nobody_sends(config) if request.plan and known else nullcontext(), store.write() as db:
        # Another process may have opened it, changed it, closed it or opened another incident since.
        opened = find_open_incident(db, shop, cause.key)
        if opened is None and known is not None:
            return Response(shop=shop, reads=tuple(reads), case=case, projection=None)
        if opened is None:
            record = replace(record, incident_id=next_incident_id(db, record.opened_at))
            save_incident(db, record)
        else:
            record = replace(record, incident_id=opened.incident_id)
            wished = {"plan": request.plan, "since": request.since, "start": record.start}
            given = {name: value for name, value in wished.items() if value}
            change_incident(db, opened.incident_id, reading=record.reading, **given)
        if request.plan:
            save_chosen(db, record.incident_id, ())
        new = save_incident_orders(db, record.incident_id, [decided.order_id for decided in case.decisions])
    del case  # composed anew for the folder: two at a time are too many of a large incident
    projection = refresh_outbox(config, store, keys, record.incident_id, at)
    return Response(
        shop=shop,
        reads=tuple(reads),
        case=projection.case,
        projection=projection,
        new_orders=new,
        opened=known is None,
    )


def refuse_unless_offered(plan: str, case: Case) -> None:
    """Raise Refused where a plan cannot be made of a case, with what it lacks."""
    if plan in offered_plans(case.rate, case.prices):
        return
    if case.rate.now is None:
        raise Refused(
            f"plan {plan} needs the cancellation rate, and it is unknown: {case.rate.why}",
            hint="put new orders that reach back 8 days, or account_health.csv, into the shop's folder",
        )
    index = case.prices.index
    if case.prices.currency and index is not None and index.now is None:
        charged = f"the rate that {marketplace_name(case.platform)} charges by"
        raise Refused(
            f"plan {plan} needs {charged}, and it is unknown: {index.why}",
            hint="put orders that reach back far enough into the shop's folder, or set response.cost_of_breach",
        )
    raise Refused(
        f"plan {plan} needs to know what crossing the limit costs"
        + ("" if case.prices.currency else ", and orders in one currency"),
        hint="set response.cost_of_breach in config.toml",
    )


def _newest_order(case: Case) -> datetime:
    return max(a.line.ordered_at for decided in case.decisions for a in decided.order.affected)


def shop_names(config: Config, only: str) -> list[str]:
    """The shops to look at; raises UsageError for an unknown name or where none is configured."""
    if not config.shops:
        raise UsageError("no shop is configured", hint="add a [shops.NAME] table to config.toml")
    if only and only not in config.shops:
        raise UsageError(f"no shop {only!r} in the configuration", hint="shops: " + ", ".join(config.shops))
    return [only] if only else list(config.shops)


def find_cause(db: Connection, names: Sequence[str], request: Request, at: datetime) -> tuple[str, Cause]:
    """The shop and the cause that a request means; raises UsageError for none or several."""
    wanted = request.promotion or request.sku
    found = [(name, cause) for name in names if (cause := _cause_in(db, name, request, at))]
    if not found:
        what = "promotion" if request.promotion else "SKU"
        raise UsageError(
            f"no {what} {wanted!r} in the files of {', '.join(names)}",
            hint="is its report in the shop's folder? `promofuse doctor` shows what was read",
        )
    if len(found) > 1:
        raise UsageError(
            f"{wanted!r} is in several shops: {', '.join(name for name, _ in found)}",
            hint=f"add --shop, e.g. --shop {found[0][0]}",
        )
    return found[0]


def _cause_in(db: Connection, shop: str, request: Request, at: datetime) -> Cause | None:
    if request.sku:
        return Cause(skus=(request.sku,)) if any(sku == request.sku for sku, _ in load_skus(db, shop)) else None
    promotions = promotion_book(db, shop, at)
    if request.promotion in promotions:
        return Cause(request.promotion)
    (resolved,) = promotions.resolve((request.promotion,), at) or ("",)
    if resolved in promotions:
        return Cause(resolved)
    on_lines = any(promotions.mentions(cell, request.promotion) for cell in promotion_id_cells(db, shop))
    return Cause(request.promotion) if on_lines else None
