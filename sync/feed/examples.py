"""Examples of the calls for reading back, for the API's description."""

from drf_spectacular.utils import OpenApiExample

from sync.erasures.openapi import DONE
from sync.push.openapi import AGGREGATE, SENDER, VISIT

BROWSER = SENDER["anonymousClientId"]
NAMED = {"anonymousClientId": BROWSER, "kind": "extension", "label": "Laptop", "name": "Laptop"}
CHANGES_EXAMPLE = OpenApiExample(
    "a visit, an aggregate and an erasure",
    {
        "changes": [
            {"kind": "page-visit", "browser": BROWSER, "visit": VISIT},
            {"kind": "tab-aggregate", "browser": BROWSER, "aggregate": AGGREGATE},
            {"kind": "erasure", "erasure": DONE["erasure"]},
        ],
        "cursor": "WzEsIjdkMmYwYTFjIixbXSw3XQ:kWn3…",
        "more": False,
        "serverTime": 1763863200000,
    },
    response_only=True,
)
STATUS_EXAMPLE = OpenApiExample(
    "one browser",
    {
        "browsers": [
            {**NAMED, "pageVisits": 12345, "tabAggregates": 310, "lastPushAt": 1763863140000, "lastRejected": 0}
        ],
        "seq": 871,
        "erasureKey": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "serverTime": 1763863200000,
    },
    response_only=True,
)
LABEL_EXAMPLE = OpenApiExample("a name", {"anonymousClientId": BROWSER, "label": "Laptop"}, request_only=True)
NAMED_EXAMPLE = OpenApiExample("the browser", NAMED, response_only=True)
