"""The body, reply and examples of the erasure calls, for the API's description."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from sync import limits

HEX = "hexadecimal digits"


class VisitKeySerializer(serializers.Serializer[Any]):
    """The key of one page visit."""

    browser = serializers.CharField(
        allow_blank=True, max_length=limits.MAX_CLIENT_ID, help_text="Its anonymousClientId."
    )
    id = serializers.CharField(max_length=limits.MAX_ID, trim_whitespace=False)


class SpanFields(serializers.Serializer[Any]):
    """The conditions that a rule has in both directions."""

    browser = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=limits.MAX_CLIENT_ID,
        help_text="An anonymousClientId.",
    )
    everything = serializers.ChoiceField(choices=[True], required=False, allow_null=True, help_text="Stands alone.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields; `from` is a Python keyword and cannot be a class attribute."""
        bounds: dict[str, Any] = {
            "required": False,
            "allow_null": True,
            "min_value": 0,
            "max_value": limits.MAX_INTEGER,
        }
        first = serializers.IntegerField(help_text="The first start, in ms since the epoch.", **bounds)
        after = serializers.IntegerField(help_text="The first instant after the span, in ms since the epoch.", **bounds)
        return {**super().get_fields(), "from": first, "to": after}


class AskedRuleSerializer(SpanFields):
    """What is to be erased: the records that meet every condition. At least one is needed."""

    ids = serializers.ListField(
        child=VisitKeySerializer(), required=False, allow_null=True, min_length=1, max_length=limits.MAX_ERASURE_IDS
    )
    domain = serializers.CharField(
        required=False, allow_null=True, max_length=1_024, help_text="A domain, with all of its subdomains. No URL."
    )


class EraseSerializer(serializers.Serializer[Any]):
    """The body of an erasure."""

    rule = AskedRuleSerializer()
    preview = serializers.BooleanField(required=False, allow_null=True, help_text="True: count and change nothing.")


class KeptRuleSerializer(SpanFields):
    """What is kept of a rule: hashes in place of the domain and of the ids."""

    domainHash = serializers.CharField(
        required=False, allow_null=True, help_text=f"64 {HEX}: HMAC-SHA-256 of the domain under `erasureKey`."
    )
    idHashes = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        allow_null=True,
        help_text=f"32 {HEX} each: the first half of HMAC-SHA-256 of browser, NUL and id under `erasureKey`.",
    )


class ErasureSerializer(serializers.Serializer[Any]):
    """An erasure: it concerns what began before `at`."""

    id = serializers.CharField()
    at = serializers.IntegerField(help_text="By the server's clock, in ms since the epoch.")
    rule = KeptRuleSerializer()


class ErasedSerializer(serializers.Serializer[Any]):
    """The number of records."""

    pageVisits = serializers.IntegerField()
    tabAggregates = serializers.IntegerField(help_text="Those that were changed are counted too.")


class ErasureReplySerializer(serializers.Serializer[Any]):
    """An erasure and what it has erased so far, or would erase."""

    erasure = ErasureSerializer(allow_null=True, help_text="Null in the reply to a preview.")
    erased = ErasedSerializer()
    done = serializers.BooleanField(help_text="False while a large erasure goes on; its rule holds all the same.")


DOMAIN_HASH = "9b0c3c5a6e5a1f4c8d0f6a7b2e9d4c1b3a5f7e8d9c0b1a2f3e4d5c6b7a8f9e0d"
DONE = {
    "erasure": {"id": "41", "at": 1764200000000, "rule": {"domainHash": DOMAIN_HASH}},
    "erased": {"pageVisits": 12, "tabAggregates": 1},
    "done": True,
}
REQUEST_EXAMPLES = [
    OpenApiExample("a site", {"rule": {"domain": "example.org"}}, request_only=True),
    OpenApiExample(
        "how many visits of a day one browser has",
        {
            "rule": {
                "from": 1762128000000,
                "to": 1762214400000,
                "browser": "038a5898-dc23-426f-9ec7-e48ffcc3924b",
            },
            "preview": True,
        },
        request_only=True,
    ),
    OpenApiExample(
        "one visit",
        {"rule": {"ids": [{"browser": "038a5898-dc23-426f-9ec7-e48ffcc3924b", "id": "pv_1762158615806_3"}]}},
        request_only=True,
    ),
]
REPLY_EXAMPLES = [
    OpenApiExample("a site was erased", DONE, response_only=True),
    OpenApiExample(
        "a preview",
        {"erasure": None, "erased": {"pageVisits": 12, "tabAggregates": 1}, "done": True},
        response_only=True,
    ),
]
PROGRESS_EXAMPLE = OpenApiExample("a large one", {**DONE, "done": False}, response_only=True)
