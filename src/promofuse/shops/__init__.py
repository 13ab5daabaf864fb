"""The kinds of shops that can be read; adding one is a file and a line in `SHOPS`."""

from __future__ import annotations

from typing import Final

from promofuse.shops.amazon_reports import AmazonReports
from promofuse.shops.base import Shop
from promofuse.shops.plain_files import PlainFiles

SHOPS: Final[dict[str, type[Shop]]] = {"plain-files": PlainFiles, "amazon-reports": AmazonReports}
