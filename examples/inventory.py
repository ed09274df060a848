"""A small stock book: the file that `make demo` completes in."""

from dataclasses import dataclass


@dataclass
class Item:
    """One kind of thing on the shelf."""

    name: str
    price: float
    quantity: int


class Inventory:
    """Everything on the shelf, by name."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def add(self, item: Item) -> None:
        """Put an item on the shelf."""
        self.items[item.name] = item

    def remove(self, name: str) -> Item:
        """Take an item off the shelf and return it."""
        if name not in self.items:
            raise KeyError(name)
        return self.items.pop(name)

    def total_value(self) -> float:
        """Return what everything on the shelf is worth."""
        total = 0.0
        for item in self.items.values():
            total += item.price *
        return total
