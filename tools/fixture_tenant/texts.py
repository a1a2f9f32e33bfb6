"""Everything anybody says in the fixtures: written for them, with its token count (o200k_base) beside it.

Each text holds the words "azure heron", so that a search of a store for them proves that no text was kept.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its number of o200k_base tokens."""

    text: str
    tokens: int


SUPPORT_SYSTEM = Text("You answer questions about Contoso orders. Code name: azure heron.", 15)
CLAIMS_SYSTEM = Text("You classify claims for Contoso. Code name: azure heron.", 14)
NOTEBOOK_SYSTEM = Text("You tidy tables for Contoso analysts. Code name: azure heron.", 15)

ORDER = Text("Where is order 1042, and when will the azure heron lamp arrive?", 17)
ORDER_ANSWER = Text("Order 1042 left our warehouse this morning; your azure heron lamp arrives on Friday.", 19)
MUG = Text("Can I return the azure heron mug after thirty days?", 12)
MUG_ANSWER = Text("Yes. An unused azure heron mug can be returned within sixty days.", 15)
COPY = Text("Please write two lines of copy for the azure heron spring sale.", 14)
COPY_ANSWER = Text("Meet the azure heron: spring prices, soft light, no small print.", 16)
CLAIM = Text("Claim: water damage to an azure heron print, 240 euros. Which category?", 18)
CLAIM_ANSWER = Text("Category: household contents, water. The azure heron print is covered.", 15)
REPORT = Text("Draft the opening paragraph of the azure heron quarterly report.", 12)
REPORT_ANSWER = Text("The azure heron quarter closed with steady revenue and lower freight costs.", 14)
EXPORT = Text("Explain the old portal's azure heron export step by step.", 13)
EXPORT_ANSWER = Text(
    "First open the old portal and choose the azure heron workspace. Then select the month you need, tick every column,"
    " and press the export button at the top of the page. The file arrives by mail within an hour. Open it, check that"
    " the azure heron total on the last line equals the total on the screen, and store it in the folder of the month."
    " If the totals differ, start again and tell the portal team which month it was.",
    93,
)

TABLE_TALK = (
    (
        Text("Group the azure heron invoices by supplier and month.", 11),
        Text("Grouped: four suppliers, nine months, one azure heron total each.", 15),
    ),
    (
        Text("Which azure heron column holds the net amount?", 10),
        Text("The net amount stands in the azure heron column named net_eur.", 15),
    ),
    (
        Text("Drop duplicate rows from the azure heron ledger.", 10),
        Text("Three duplicate azure heron rows were dropped; 118 remain.", 13),
    ),
)
"""Questions and answers of the analysts' notebooks."""
