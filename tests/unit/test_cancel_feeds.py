"""The XML feeds that cancel: their exact bytes, and their structure as the public schemas have it."""

from dataclasses import dataclass
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import affected, line
from promofuse.facts import Buyer
from promofuse.response.cancel_files import (
    Cancellation,
    amazon_acknowledgement,
    amazon_adjustment,
    cancellations,
    whole_and_part,
)
from promofuse.response.triage import decide

ROWS = [
    Cancellation("111-1", "71", "PricingError", "MUG-1", 1),
    Cancellation("111-1", "72", "PricingError", "CUP-2", 3),
    Cancellation("111-2", "73", "BuyerCanceled", "MUG-1", 1),
]


@dataclass(frozen=True)
class Part:
    """An element of a schema's sequence: how often it may come, and what may stand in it."""

    name: str
    least: int = 1
    most: int = 1
    words: tuple[str, ...] = ()
    parts: tuple["Part", ...] = ()


MANY = 10**6
# OrderAcknowledgement.xsd and OrderAdjustment.xsd of the newer release, as far as cancelling needs them.
CANCEL_REASONS = (
    "NoInventory", "ShippingAddressUndeliverable", "CustomerExchange", "BuyerCanceled", "GeneralAdjustment",
    "CarrierCreditDecision", "RiskAssessmentInformationNotValid", "CarrierCoverageFailure", "CustomerReturn",
    "MerchandiseNotReceived", "CannotVerifyInformation", "PricingError", "RejectOrder", "WeatherDelay",
)  # fmt: skip
ADJUSTMENT_REASONS = (
    "NoInventory", "CustomerReturn", "GeneralAdjustment", "CouldNotShip", "DifferentItem", "Abandoned",
    "CustomerCancel", "PriceError", "ProductOutofStock", "CustomerAddressIncorrect", "Exchange", "Other",
    "CarrierCreditDecision", "RiskAssessmentInformationNotValid", "CarrierCoverageFailure", "TransactionRecord",
    "Undeliverable", "RefusedDelivery",
)  # fmt: skip
CODE = Part("AmazonOrderItemCode")
ACKNOWLEDGEMENT = Part(
    "OrderAcknowledgement",
    parts=(
        Part("AmazonOrderID"),
        Part("MerchantOrderID", 0),
        Part("StatusCode", words=("Success", "Failure")),
        Part("Item", 0, MANY, parts=(
            CODE, Part("MerchantOrderItemID", 0), Part("CancelReason", 0, words=CANCEL_REASONS), Part("Quantity", 0),
        )),
    ),
)  # fmt: skip
ADJUSTMENT = Part(
    "OrderAdjustment",
    parts=(
        Part("AmazonOrderID"),
        Part("ActionType", 0, words=("Refund", "Cancel")),
        Part("CODCollectionMethod", 0),
        Part("AdjustedItem", 1, MANY, parts=(
            CODE, Part("MerchantAdjustmentItemID", 0), Part("AdjustmentReason", words=ADJUSTMENT_REASONS),
            Part("ItemPriceAdjustments", 0), Part("PromotionAdjustments", 0, MANY),
            Part("DirectPaymentAdjustments", 0), Part("QuantityCancelled", 0), Part("Quantity", 0),
        )),
    ),
)  # fmt: skip


def envelope(content):
    message = Part("Message", 1, MANY, parts=(Part("MessageID"), Part("OperationType", 0), content))
    header = Part("Header", parts=(Part("DocumentVersion", words=("1.01",)), Part("MerchantIdentifier")))
    return Part("AmazonEnvelope", parts=(header, Part("MessageType", words=(content.name,)), message))


def check(element, part):
    """Fail unless the element is as the schema's part says, with all that is in it in the right order."""
    assert element.tag == part.name
    children = list(element)
    if not part.parts:
        assert not children
        assert element.text and (not part.words or element.text in part.words)
        return
    for inner in part.parts:
        count = 0
        while children and children[0].tag == inner.name:
            check(children.pop(0), inner)
            count += 1
        assert inner.least <= count <= inner.most, f"{inner.name} in {part.name}"
    assert not children, f"{children[0].tag} is out of place in {part.name}"


def parsed(raw, content):
    root = ElementTree.fromstring(raw)
    check(root, envelope(content))
    return root


def test_the_acknowledgement_cancels_with_a_message_for_each_order():
    assert amazon_acknowledgement(ROWS[1:], "A1&B").decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">\n'
        "<Header>\n<DocumentVersion>1.01</DocumentVersion>\n<MerchantIdentifier>A1&amp;B</MerchantIdentifier>\n"
        "</Header>\n<MessageType>OrderAcknowledgement</MessageType>\n"
        "<Message>\n<MessageID>1</MessageID>\n<OrderAcknowledgement>\n<AmazonOrderID>111-1</AmazonOrderID>\n"
        "<StatusCode>Failure</StatusCode>\n<Item>\n<AmazonOrderItemCode>72</AmazonOrderItemCode>\n"
        "<CancelReason>PricingError</CancelReason>\n</Item>\n</OrderAcknowledgement>\n</Message>\n"
        "<Message>\n<MessageID>2</MessageID>\n<OrderAcknowledgement>\n<AmazonOrderID>111-2</AmazonOrderID>\n"
        "<StatusCode>Failure</StatusCode>\n<Item>\n<AmazonOrderItemCode>73</AmazonOrderItemCode>\n"
        "<CancelReason>BuyerCanceled</CancelReason>\n</Item>\n</OrderAcknowledgement>\n</Message>\n"
        "</AmazonEnvelope>\n"
    )


def test_the_acknowledgement_is_as_the_schema_says():
    root = parsed(amazon_acknowledgement(ROWS, "M"), ACKNOWLEDGEMENT)

    assert [item.findtext("AmazonOrderItemCode") for item in root.iter("Item")] == ["71", "72", "73"]
    assert [message.findtext("MessageID") for message in root.iter("Message")] == ["1", "2"]


def test_an_order_without_item_code_is_cancelled_as_a_whole_and_gives_no_reason():
    root = parsed(amazon_acknowledgement([Cancellation("111-9", "", "", "MUG-1", 2)], "M"), ACKNOWLEDGEMENT)

    assert [element.tag for element in root.iter("OrderAcknowledgement")] == ["OrderAcknowledgement"]
    assert root.find(".//Item") is None


def test_the_adjustment_cancels_units_of_items():
    root = parsed(amazon_adjustment(ROWS, "M"), ADJUSTMENT)

    assert [action.text for action in root.iter("ActionType")] == ["Cancel", "Cancel"]
    assert [
        (i.findtext("AmazonOrderItemCode"), i.findtext("AdjustmentReason"), i.findtext("QuantityCancelled"))
        for i in root.iter("AdjustedItem")
    ] == [("71", "PriceError", "1"), ("72", "PriceError", "3"), ("73", "CustomerCancel", "1")]


def test_the_adjustment_leaves_out_what_names_no_item():
    root = ElementTree.fromstring(amazon_adjustment([Cancellation("111-9", "", "", "MUG-1", 2)], "M"))

    assert root.find("Message") is None


@pytest.mark.parametrize("reason", [*CANCEL_REASONS, "SomethingNew"])
def test_every_reason_has_one_that_the_adjustment_knows(reason):
    root = parsed(amazon_adjustment([Cancellation("111-1", "71", reason, "MUG-1", 1)], "M"), ADJUSTMENT)

    assert len(root.findall("Message")) == 1


def test_orders_that_keep_innocent_lines_are_parted_from_the_others():
    whole = affected(line("O-1", line_id="11"))
    part = affected(line("O-2", line_id="21"), innocent=(line("O-2", line_id="22", line_key="CUP-2#0"),))
    decisions = [decide(order, (), Buyer(order_id=order.order_id), {"O-1", "O-2"}, {}) for order in (whole, part)]
    rows = cancellations(decisions, "PricingError", blank_codes=False)

    wholly, partly = whole_and_part(rows, decisions)
    assert [(row.order_id, row.item_code) for row in wholly] == [("O-1", "11")]
    assert [(row.order_id, row.item_code) for row in partly] == [("O-2", "21")]


ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
rows = st.lists(st.builds(Cancellation, ids, ids, st.sampled_from(CANCEL_REASONS), st.just("S"), st.integers(1, 99)))


@given(rows, ids)
def test_whatever_ids_hold_the_feeds_stay_well_formed_and_say_the_same(rows, merchant):
    rows = sorted(rows, key=lambda row: row.order_id)
    for write, item in ((amazon_acknowledgement, "Item"), (amazon_adjustment, "AdjustedItem")):
        root = ElementTree.fromstring(write(rows, merchant))
        assert root.findtext("Header/MerchantIdentifier") == merchant
        assert [i.findtext("AmazonOrderItemCode") for i in root.iter(item)] == [row.item_code for row in rows]
        assert {i.text for i in root.iter("AmazonOrderID")} == {row.order_id for row in rows}
