"""The table of a benchmark, and the rounds from which its rows are computed."""

import statistics
from typing import Any


class Report:
    """The rows of the table, printed as they are added."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.rounds: dict[str, list[float]] = {}
        self.layers: dict[str, dict[str, float]] = {}

    def keep(self, name: str, *values: float) -> None:
        """Keep figures of a round under a name."""
        self.rounds.setdefault(name, []).extend(values)

    def median(self, name: str) -> float:
        """Return the median of the rounds of a name."""
        return statistics.median(self.rounds[name])

    def ratio(self, name: str, other: str) -> float:
        """Return the median over the rounds of the ratio of two names; the machine's speed varies between rounds."""
        pairs = zip(self.rounds[name], self.rounds[other], strict=True)
        return statistics.median(one / another for one, another in pairs)

    def row(self, what: str, measured: float, bound: float, *, at_least: bool, unit: str = "×") -> None:
        """Add a row and print it."""
        met = measured >= bound if at_least else measured <= bound
        self.rows.append({
            "measured": what, "value": round(measured, 3), "unit": unit, "bound": bound, "at_least": at_least,
            "met": met,
        })  # fmt: skip
        sign = "≥" if at_least else "≤"
        print(f"{'ok  ' if met else 'MISS'} {what:66} {measured:10.2f} {unit:4} ({sign} {bound:g})", flush=True)
