"""The files that a shop would export, in the forms that such files have."""

from __future__ import annotations

import random
from dataclasses import replace

from shop_facts import Health, Order, Shop, amount

from reports import ALL_ORDERS, ORDER_REPORT, Line, all_orders, comma, order_report, orders_csv


def shop_files(shop: Shop, dice: random.Random) -> dict[str, bytes]:
    """The shop's folder, by file name."""
    files = {"promotions.csv": _promotions_csv(shop)}
    if shop.catalogue:
        columns = tuple(next(iter(shop.catalogue.values())))
        files["catalogue.csv"] = comma(columns, shop.catalogue.values(), **_form(dice, ("utf-8", "utf-8-sig")))
    if shop.health:
        columns = ("as_of", "marketplace", "metric", "numerator", "denominator", "target")
        files["account_health.csv"] = comma(columns, [_health_cells(row, shop) for row in shop.health])
    form = _form(dice, shop.place.encodings)
    older = [order.before for order in shop.orders if order.before is not None]
    if shop.kind == "plain-files":
        rows = [line for order in [*older, *shop.orders] for line in _lines(order, shop)]
        files["orders.csv.gz" if form["packed"] else "orders.csv"] = orders_csv(rows, **form)
        return files
    early = [line for order in older for line in _lines(order, shop)]
    late = [line for order in shop.orders for line in _lines(order, shop)]
    files["5512.txt"] = all_orders(late, _shuffled(ALL_ORDERS, dice), **form)
    if early:
        files[dice.choice(["1204.txt", "9904.txt"])] = all_orders(early, **_form(dice, shop.place.encodings))
    told = [
        line
        for order in shop.orders
        if order.in_order_report
        for item, line in zip(order.items, _lines(replace(order, forgetful=False), shop), strict=True)
        if item.told_code
    ]
    files["orderreport.txt"] = order_report(told, _shuffled(ORDER_REPORT, dice), **_form(dice, shop.place.encodings))
    return files


def _form(dice: random.Random, encodings: tuple[str, ...]) -> dict[str, object]:
    return {
        "encoding": dice.choice(encodings),
        "line_end": dice.choice(["\n", "\r\n"]),
        "packed": dice.random() < 0.2,
    }


def _shuffled(columns: tuple[str, ...], dice: random.Random) -> tuple[str, ...]:
    return tuple(dice.sample(columns, len(columns)))


def _lines(order: Order, shop: Shop) -> list[Line]:
    """The rows that tell an order."""
    reports, currency = shop.kind == "amazon-reports", shop.place.currency
    lines = []
    for item in order.items:
        cancelled = not order.stands(item)
        if order.forgetful:
            item = replace(item, price=None, discount=0, shipping=0, shipping_discount=0, named=())  # noqa: PLW2901
        status = order.status if reports else order.status.replace(" ", "_")
        lines.append(
            Line(
                order_id=order.order_id,
                sku=item.sku,
                quantity="0" if order.forgetful and order.before is not None else str(item.quantity),
                currency=currency,
                price=amount(item.price, currency),
                discount=amount(item.discount, currency) if item.discount else "",
                shipping=amount(item.shipping, currency) if item.shipping else "",
                shipping_discount=amount(item.shipping_discount, currency) if item.shipping_discount else "",
                promotion_ids=item.named,
                ordered_at=order.at.isoformat(),
                updated_at=order.updated.isoformat(),
                status="cancelled" if cancelled and not reports else status,
                item_status="Cancelled" if cancelled and reports else "",
                fulfilled_by="Amazon" if order.by_marketplace else "Merchant",
                channel=shop.place.marketplace.replace("amazon", "Amazon"),
                asin=f"B0{item.sku[-1] * 8}",
                title=f"Mug {item.sku}",
                country=order.country,
                item_code=item.code if item.told_code else "",
                email=order.email,
                name=order.name,
                language=order.language,
                asked_to_cancel="true" if order.asked else "false",
                cancelled_by=order.cancelled_by if cancelled else "",
            )
        )
    return lines


def _promotions_csv(shop: Shop) -> bytes:
    columns = (
        "promotion_id", "seen_at", "name", "kind", "status", "starts_at", "skus", "level", "percent_off", "currency",
        "fee_fixed", "fee_rate", "fee_cap",
    )  # fmt: skip
    rows = [
        {
            "promotion_id": promo.promotion_id,
            "seen_at": revision.seen_at.isoformat(),
            "name": promo.name,
            "kind": "percent_off",
            "starts_at": revision.starts_at.isoformat() if revision.starts_at else "",
            "skus": ";".join(promo.skus) or "*",
            "level": promo.level,
            **revision.cells,
        }
        for promo in shop.promos
        for revision in promo.revisions
    ]
    return comma(columns, rows)


def _health_cells(row: Health, shop: Shop) -> dict[str, str]:
    return {
        "as_of": row.as_of.isoformat(),
        "marketplace": shop.place.marketplace,
        "metric": "cancellation_rate",
        "numerator": str(row.cancelled),
        "denominator": str(row.orders),
        "target": row.target,
    }
