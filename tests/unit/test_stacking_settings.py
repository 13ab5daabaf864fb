"""What a shop says of stacking in its configuration."""

from __future__ import annotations

import pytest

from builders import promotion
from promofuse.config import ShopConfig
from promofuse.pricing.meeting import Layer
from promofuse.pricing.stacking import stacking_of


def test_a_shops_settings_come_from_its_table_in_the_configuration():
    shop = ShopConfig(
        kind="plain-files",
        folder="inbox",
        platform="woocommerce",
        stacking={"item": "running", "order": "running", "apart": ["automatic:order + code"], "holds_floor": True},
    )

    table = shop.stacking_table
    assert (table.platform, table.item, table.order, table.holds_floor) == ("woocommerce", "running", "running", True)
    assert set(table.own) == {frozenset({(Layer.AUTOMATIC, "order"), Layer.CODE})}
    assert not table.meet(promotion("A", level="order"), promotion("B", code="B")).together
    assert table.meet(promotion("A"), promotion("B", code="B")).together
    bare = ShopConfig(kind="plain-files", folder="inbox", platform="woocommerce").stacking_table
    assert bare == stacking_of("woocommerce")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"apart": ["code"]}, "name two kinds of promotions"),
        ({"apart": ["code + codes"]}, "'codes' is no kind of promotion; there are price"),
        ({"together": ["code:shipping + code"]}, "'code:shipping' is no kind"),
        ({"item": "half"}, "Input should be"),
        ({"apart": ["code + code"], "together": ["CODE+code"]}, "cannot be both together and apart"),
    ],
)
def test_wrong_settings_of_a_shop_are_told(wrong, says):
    with pytest.raises(ValueError, match=says.replace("+", r"\+")):
        ShopConfig(kind="plain-files", folder="inbox", stacking=wrong)
