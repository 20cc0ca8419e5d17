"""The built-in categories with their names and colours, and the name and colour of any other. Pure."""

from typing import Final

from insights.direction_marks import without_direction_marks

# In the order in which bars are stacked and legends are read.
BUILT_IN: Final = {
    "development": "Development",
    "work": "Office and planning",
    "communication": "Mail and chat",
    "reference": "Reference and learning",
    "news": "News",
    "social": "Social media",
    "video": "Video and music",
    "games": "Games",
    "shopping": "Shopping",
    "money": "Money and services",
    "travel": "Travel and maps",
    "life": "Home, health, sport",
}
# The colour of visits without a category. The built-in categories have the colours 1 to 12 in their order.
NO_COLOR: Final = 0
# The colours of all others, which would look like a built-in category beside them if they had its colour.
OTHER_COLORS: Final = (13, 14, 15)
# A category that an extension made up has the colour of the built-in one that its first word is like.
_COLORS_BY_WORD: Final = {
    "coding": "development", "programming": "development", "productivity": "work", "documentation": "work",
    "email": "communication", "messaging": "communication", "learning": "reference", "education": "reference",
    "entertainment": "video", "music": "video", "finance": "money", "maps": "travel", "health": "life",
    "sport": "life", "sports": "life", "home": "life", "food": "life",
}  # fmt: skip
_PLACES: Final = {name: place for place, name in enumerate(BUILT_IN, 1)}


def name_of(category: str) -> str:
    """Return the name for people: “Mail and chat” for communication, “Learning reading” for learning_reading."""
    if not category:
        return "No category"
    words = " ".join(without_direction_marks(category).replace("_", " ").split())
    return BUILT_IN.get(category) or words[:1].upper() + words[1:] or f"“{category}”"


def color_of(category: str) -> int:
    """Return the number of the colour, the same for every call; NO_COLOR for ""."""
    if not category:
        return NO_COLOR
    first = category.lower().replace("-", "_").replace(" ", "_").split("_", 1)[0]
    place = _PLACES.get(category) or _PLACES.get(_COLORS_BY_WORD.get(first, first))
    return place or OTHER_COLORS[sum(map(ord, category)) % len(OTHER_COLORS)]


def order_of(category: str) -> tuple[int, str]:
    """Return the place in stacks and legends: built-in ones first, then others by name, "" last."""
    return _PLACES.get(category, len(BUILT_IN) + 1 if category else len(BUILT_IN) + 2), category
