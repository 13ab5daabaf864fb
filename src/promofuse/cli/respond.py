"""`promofuse respond`."""

from __future__ import annotations

from typing import Annotated

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AsJson, At, ConfigPath, ShopName, open_session, parse_time
from promofuse.errors import UsageError


def respond(
    promo: Annotated[str, typer.Option("--promo", metavar="ID", help="The promotion, by id or name.")] = "",
    sku: Annotated[
        str, typer.Option("--sku", metavar="SKU", help="A SKU sold at a wrong price without a promotion.")
    ] = "",
    shop: ShopName = "",
    since: Annotated[str, typer.Option("--since", metavar="ISO8601", help="Count orders from here on.")] = "",
    plan: Annotated[str, typer.Option("--plan", metavar="NAME", help="A plan; `promofuse plan` lists them.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would do; write nothing.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Read the shop's files, decide each affected order, and lay the outbox: drafts, files, requests."""
    if bool(promo) == bool(sku):
        raise UsageError("name one of --promo and --sku", hint="e.g. promofuse respond --promo PLM-1234")
    from promofuse.app.respond import Request
    from promofuse.app.respond import respond as answer
    from promofuse.cli import show
    from promofuse.response.case import incident_json

    start = parse_time(since, "--since") if since else None
    with open_session(config, at) as session, show.working("reading the shop and laying the outbox"):
        request = Request(promotion=promo, sku=sku, shop=shop, since=start, plan=plan, dry_run=dry_run)
        response = answer(session.config, session.store, session.keys, request, session.at)
    show.print_reads(response.reads)
    case = response.case
    if json:
        folder = response.projection.folder if response.projection else None
        show.print_json(
            {
                "version": 1,
                "incidents": [incident_json(case)] if case else [],
                "outbox": str(folder) if folder else None,
                "new_orders": response.new_orders,
            }
        )
        return
    if case is None and response.still_open:
        show.console().print(
            f"{response.still_open} is open, but the files show no affected order of {promo or sku} any more: "
            "did promotions.csv or catalogue.csv change? Its folder stays as it was.",
            soft_wrap=True,
        )
        show.print_next(["promofuse doctor     what was read, and what is missing"])
        return
    if case is None:
        show.console().print(f"No affected order of {promo or sku} in shop {response.shop}: nothing to do.")
        show.print_next([f"promofuse respond {'--promo ' + promo if promo else '--sku ' + sku} --since TIME",
                         "promofuse doctor     what was read, and what is missing"])  # fmt: skip
        return
    show.print_case(case)
    if response.projection is None:
        show.console().print("Dry run: nothing was written.")
        show.print_next(["the same command without --dry-run"])
        return
    if response.new_orders and not response.opened:
        show.console().print(f"{response.new_orders} new orders since the last run")
    show.print_projection(response.projection)
    where = show.short_path(response.projection.folder)
    show.print_next(
        [
            f"read {where}/README.md and stop the promotion: {where}/1-stop.md",
            f"promofuse plan {case.incident_id}     what each plan would come to",
            *show.steps_to_approval(case),
            "the same command again when new reports are in the shop's folder",
        ]
    )
