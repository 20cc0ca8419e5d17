"""Parameters, bodies and answers of the calls for reading back, in wire names."""

from typing import Any

from rest_framework import serializers

from accounts.api.fields import TextField
from sync import limits
from sync.erasures.openapi import ErasureSerializer
from sync.feed.sources import NAMES, SOURCES
from sync.models import Browser
from sync.push.serializers import PageVisitSerializer, TabAggregateSerializer


class KindsField(serializers.CharField):
    """Names of sources, separated by commas."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the names in the order of the sources; raises ValidationError."""
        asked = set(super().to_internal_value(data).split(","))
        if not asked <= set(NAMES):
            raise serializers.ValidationError(f"Name one or more of these, separated by commas: {', '.join(NAMES)}.")
        return tuple(name for name in NAMES if name in asked)


class ChangesQuery(serializers.Serializer[Any]):
    """How far the reader has come, and the changes that it wants."""

    cursor = serializers.CharField(
        required=False, allow_blank=True, help_text="The `cursor` of the page before. Without it the feed begins anew."
    )
    limit = serializers.IntegerField(
        default=limits.CHANGES, min_value=1, max_value=limits.MAX_CHANGES, help_text="The most changes to return."
    )
    kinds = KindsField(
        required=False,
        help_text=f"The kinds of changes, separated by commas: {', '.join(NAMES)}; all if absent. A cursor keeps the "
        "kinds that it began with, and is refused with others.",
    )


class ChangeSerializer(serializers.Serializer[Any]):
    """A record in its present version, or an erasure; `kind` tells which member has it."""

    kind = serializers.ChoiceField([source.kind for source in SOURCES])
    browser = serializers.CharField(
        required=False, allow_blank=True, help_text="The `anonymousClientId` of the browser of a record."
    )
    visit = PageVisitSerializer(required=False)
    aggregate = TabAggregateSerializer(required=False)
    erasure = ErasureSerializer(required=False)


class ChangesSerializer(serializers.Serializer[Any]):
    """A page of the feed."""

    changes = ChangeSerializer(many=True)
    cursor = serializers.CharField(help_text="Send it to go on from here, now or later.")
    more = serializers.BooleanField(help_text="Whether there are more changes already.")
    serverTime = serializers.IntegerField(help_text="Milliseconds since the epoch, by the server's clock.")


class BrowserSerializer(serializers.Serializer[Any]):
    """One source of records."""

    anonymousClientId = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(
        Browser.Kind.values,
        help_text="`extension`: a profile that syncs; `import`: where an import came from; `program`: one of your own.",
    )
    label = serializers.CharField(  # type: ignore[assignment]  # the wire's name
        allow_blank=True, help_text="The name that you gave it, or the empty string."
    )
    name = serializers.CharField(help_text="The label, or else a name made from what it told of itself.")


class BrowserStatusSerializer(BrowserSerializer):
    """One source of records, and how many of its records the server has."""

    pageVisits = serializers.IntegerField()
    tabAggregates = serializers.IntegerField()
    lastPushAt = serializers.IntegerField(help_text="In milliseconds since the epoch, by the server's clock.")
    lastRejected = serializers.IntegerField(
        help_text=f"Records rejected in its last push; 0 when that is over {limits.BATCH_KEPT_DAYS} days ago."
    )


class StatusSerializer(serializers.Serializer[Any]):
    """The state of the person's records."""

    browsers = BrowserStatusSerializer(many=True)
    seq = serializers.IntegerField(help_text="The number of the last change.")
    erasureKey = serializers.CharField(
        help_text="The key of the hashes in the rules of your erasures, as 64 hexadecimal digits."
    )
    serverTime = serializers.IntegerField(help_text="Milliseconds since the epoch, by the server's clock.")


class BrowserLabelSerializer(serializers.Serializer[Any]):
    """A new name for a browser."""

    anonymousClientId = TextField(
        allow_blank=True, trim_whitespace=False, max_length=limits.MAX_CLIENT_ID, help_text="The browser to name."
    )
    label = TextField(  # type: ignore[assignment]  # the wire's name
        allow_blank=True,
        trim_whitespace=False,
        max_length=limits.MAX_LABEL,
        help_text="Its name, stored without blanks around it; the empty string takes the name away.",
    )
