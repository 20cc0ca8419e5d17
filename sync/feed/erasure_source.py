"""The erasures of a person as changes of the feed."""

from collections.abc import Generator, Mapping

import msgspec

from sync.erasures.rule import erasure_to_wire
from sync.feed.change import Change
from sync.feed.cursor import Place
from sync.models import Erasure


class ErasureSource:
    """Each erasure at the place of its own seq; it never changes later."""

    name = "erasures"
    kind = "erasure"

    def bound(self, user_id: int, after: Place, upto: int, count: int) -> int:
        """Return `upto`: a person has few erasures."""
        return upto

    def read(
        self, user_id: int, after: Place, upto: int, count: int, client_ids: Mapping[int, str]
    ) -> Generator[Change]:
        """Yield up to `count` erasures after a place, with a seq of at most `upto`, in order of seq."""
        found = Erasure.objects.filter(user_id=user_id, seq__gte=after.first_whole_seq, seq__lte=upto)
        for erasure in found.order_by("seq")[:count]:
            content = msgspec.json.encode({"kind": self.kind, "erasure": erasure_to_wire(erasure)})
            yield Change(erasure.seq, self.kind, "", (erasure.pk,), content)
