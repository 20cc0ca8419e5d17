"""The examples of the push calls in the API's description."""

from drf_spectacular.utils import OpenApiExample

VISIT = {
    "id": "pv_1762158615806_3",
    "url": "https://docs.example.org/guide?page=2",
    "title": "The guide",
    "tabId": 3,
    "startedAt": 1762158615806,
    "endedAt": 1762158675806,
    "duration": 60000,
    "activeDuration": 48000,
    "engagementRate": 0.8,
    "idlePeriods": [
        {"start": 1762158640000, "end": 1762158652000, "reason": "idle", "durationMs": 12000, "resumeReason": "active"}
    ],
    "revision": 2,
}
AGGREGATE = {
    "tabId": 3,
    "startTime": 1762158602801,
    "totalActiveDuration": 48000,
    "lastActiveTime": 1762158675806,
    "domainDurations": {"docs.example.org": 48000},
    "pageCount": 1,
    "currentUrl": "https://docs.example.org/guide?page=2",
    "statistics": {"mostVisitedDomain": "docs.example.org", "averagePageDuration": 48000},
    "revision": 2,
}
SENDER = {
    "anonymousClientId": "038a5898-dc23-426f-9ec7-e48ffcc3924b",
    "client": {"extensionVersion": "1.0.0", "browserName": "Firefox", "browserVersion": "153.0", "platform": "linux"},
}
REPLY = OpenApiExample(
    "one stored, one refused, one cut",
    {
        "results": ["created", "rejected", "updated"],
        "rejected": [{"index": 1, "id": "pv_9", "errors": {"url": ["Enter an absolute http or https URL."]}}],
        "trimmed": [{"index": 2, "fields": ["title"]}],
        "serverTime": 1763863200000,
    },
    response_only=True,
)
PAGE_VISITS = OpenApiExample("one visit", {"visits": [VISIT], **SENDER}, request_only=True)
TAB_AGGREGATES = OpenApiExample("one aggregate", {"aggregates": [AGGREGATE], **SENDER}, request_only=True)
