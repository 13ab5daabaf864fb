"""`promofuse demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promofuse.cli.options import AsJson, At, clock


def demo(
    folder: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where to play it.")] = Path("demo"),
    json: AsJson = False,
    at: At = "",
) -> None:
    """Play a whole incident on sample data: real report formats, an embedded database, nothing sent."""
    from promofuse.app.respond import Request
    from promofuse.app.respond import respond as answer
    from promofuse.cli import show
    from promofuse.cli.options import open_session
    from promofuse.demo import STOREFRONTS, write_demo
    from promofuse.response.case import incident_json

    moment = clock(at).replace(second=0, microsecond=0)
    config = write_demo(folder, moment)
    progress = show.console(err=True)
    progress.print(f"Wrote the reports of a night gone wrong to {folder}/inbox; reading them like anybody's.")
    answers = []
    with open_session(config, moment.isoformat()) as session:
        for place in STOREFRONTS:
            progress.print(f"\n$ promofuse respond --promo {place.promotion_id}   (shop {place.name})")
            request = Request(promotion=place.promotion_id, shop=place.name)
            answers.append(answer(session.config, session.store, session.keys, request, session.at))
            if not json and answers[-1].case:
                show.print_case(answers[-1].case)
    if json:
        show.print_json({"version": 1, "incidents": [incident_json(a.case) for a in answers if a.case]})
        return
    first = answers[0]
    if first.projection is None:
        show.console().print("No order lost money: no incident.")
        return
    show.console().print()
    show.print_tree(first.projection.folder)
    show.print_projection(first.projection)
    show.print_next(
        [
            f"open {first.projection.folder}/README.md",
            f"cd {folder} && promofuse incidents",
            f"promofuse outbox {first.projection.case.incident_id}      after editing a template or a draft there",
            "promofuse init      in a folder of your own",
        ]
    )
