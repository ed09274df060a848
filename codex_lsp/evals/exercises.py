"""Small exercises, each with a right solution and one with a subtle bug: examples to show a model.

All are ours. A bug shows in the exercise's own tests, and is of a kind that people make: one off, a
wrong comparison, an edge case that is missing, a value that is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exercise:
    """A function.

    :ivar head: its signature and docstring
    :ivar right: a body that does what the docstring says
    :ivar buggy: one that nearly does
    :ivar calls: calls and what they return, as Python
    """

    name: str
    head: str
    right: str
    buggy: str
    calls: tuple[tuple[str, str], ...]


def _exercise(
    signature: str, says: str, right: str, buggy: str, *calls: tuple[str, str]
) -> Exercise:
    name = signature.partition("(")[0]
    head = f'def {signature}:\n    """{says}"""\n'
    bodies = ["".join(f"    {line}\n" for line in body.split("\n")) for body in (right, buggy)]
    return Exercise(name, head, bodies[0], bodies[1], calls)


EXERCISES: tuple[Exercise, ...] = (
    _exercise(
        "largest(numbers)",
        "Return the largest of the numbers; they may all be negative.",
        "best = numbers[0]\nfor number in numbers:\n    if number > best:\n        best = number\n"
        "return best",
        "best = 0\nfor number in numbers:\n    if number > best:\n        best = number\n"
        "return best",
        ("[3, 9, 2]", "9"),
        ("[-5, -2, -8]", "-2"),
        ("[4]", "4"),
    ),
    _exercise(
        "count_vowels(text)",
        "Return how many vowels (a, e, i, o, u) the text has, in small or capital letters.",
        'return sum(1 for char in text.lower() if char in "aeiou")',
        'return sum(1 for char in text if char in "aeiou")',
        ("'banana'", "3"),
        ("'OUTSIDE'", "4"),
        ("''", "0"),
    ),
    _exercise(
        "sum_to(n)",
        "Return the sum of all whole numbers from 1 to n, n included.",
        "return sum(range(1, n + 1))",
        "return sum(range(1, n))",
        ("1", "1"),
        ("4", "10"),
        ("0", "0"),
    ),
    _exercise(
        "is_palindrome(text)",
        "Return whether the text reads the same backwards, whatever its case.",
        "text = text.lower()\nreturn text == text[::-1]",
        "return text == text[::-1]",
        ("'level'", "True"),
        ("'Anna'", "True"),
        ("'code'", "False"),
    ),
    _exercise(
        "average(numbers)",
        "Return the mean of the numbers, and 0 when there are none.",
        "if not numbers:\n    return 0\nreturn sum(numbers) / len(numbers)",
        "if not numbers:\n    return 0\nreturn sum(numbers) // len(numbers)",
        ("[1, 2]", "1.5"),
        ("[]", "0"),
        ("[4, 4, 4]", "4"),
    ),
    _exercise(
        "without_duplicates(items)",
        "Return the items without repetitions, in the order in which they first occur.",
        "found = []\nfor item in items:\n    if item not in found:\n        found.append(item)\n"
        "return found",
        "found = []\nfor item in items:\n    if item not in found[-1:]:\n"
        "        found.append(item)\nreturn found",
        ("[1, 2, 1]", "[1, 2]"),
        ("['b', 'b', 'a']", "['b', 'a']"),
        ("[]", "[]"),
    ),
    _exercise(
        "last_word(sentence)",
        "Return the last word of the sentence, and an empty text when it has no words.",
        'words = sentence.split()\nreturn words[-1] if words else ""',
        'words = sentence.split(" ")\nreturn words[-1] if words else ""',
        ("'one two'", "'two'"),
        ("'one two '", "'two'"),
        ("''", "''"),
    ),
    _exercise(
        "is_leap_year(year)",
        "Return whether the year is a leap year of the Gregorian calendar.",
        "return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)",
        "return year % 4 == 0 and year % 100 != 0",
        ("2024", "True"),
        ("1900", "False"),
        ("2000", "True"),
    ),
    _exercise(
        "clamp(value, low, high)",
        "Return the value, but no less than low and no more than high.",
        "return max(low, min(value, high))",
        "return min(low, max(value, high))",
        ("5, 1, 3", "3"),
        ("0, 1, 3", "1"),
        ("2, 1, 3", "2"),
    ),
    _exercise(
        "evens(numbers)",
        "Return the even ones of the numbers, in their order.",
        "return [number for number in numbers if number % 2 == 0]",
        "return [number for number in numbers if number and number % 2 == 0]",
        ("[1, 2, 3, 4]", "[2, 4]"),
        ("[5]", "[]"),
        ("[0, -2]", "[0, -2]"),
    ),
    _exercise(
        "count_words(text)",
        "Return a dictionary of how often each word of the text occurs.",
        "counts = {}\nfor word in text.split():\n    counts[word] = counts.get(word, 0) + 1\n"
        "return counts",
        "counts = {}\nfor word in text.split():\n    counts[word] = counts.get(word, 1) + 1\n"
        "return counts",
        ("'a b a'", "{'a': 2, 'b': 1}"),
        ("''", "{}"),
        ("'x'", "{'x': 1}"),
    ),
    _exercise(
        "second_smallest(numbers)",
        "Return the second smallest of the numbers, where equal ones count once.",
        "return sorted(set(numbers))[1]",
        "return sorted(numbers)[1]",
        ("[3, 1, 2]", "2"),
        ("[1, 1, 5]", "5"),
        ("[9, 8]", "9"),
    ),
    _exercise(
        "digit_sum(number)",
        "Return the sum of the decimal digits of a whole number, which may be negative.",
        "return sum(int(digit) for digit in str(abs(number)))",
        "total = 0\nwhile number > 0:\n    total += number % 10\n    number //= 10\nreturn total",
        ("123", "6"),
        ("-45", "9"),
        ("0", "0"),
    ),
    _exercise(
        "common_prefix(first, second)",
        "Return the longest text that both texts begin with.",
        "length = 0\nfor one, other in zip(first, second):\n    if one != other:\n        break\n"
        "    length += 1\nreturn first[:length]",
        "length = 0\nfor one, other in zip(first, second):\n    if one == other:\n"
        "        length += 1\nreturn first[:length]",
        ("'flower', 'flow'", "'flow'"),
        ("'abc', 'xbc'", "''"),
        ("'same', 'same'", "'same'"),
    ),
    _exercise(
        "flatten(lists)",
        "Return one list of all items of the lists, in their order.",
        "return [item for part in lists for item in part]",
        "found = []\nfor part in lists:\n    found = part + found\nreturn found",
        ("[[1], [2, 3]]", "[1, 2, 3]"),
        ("[]", "[]"),
        ("[['a'], []]", "['a']"),
    ),
    _exercise(
        "is_sorted(numbers)",
        "Return whether no number is smaller than the one before it.",
        "return all(one <= other for one, other in zip(numbers, numbers[1:]))",
        "return all(one < other for one, other in zip(numbers, numbers[1:]))",
        ("[1, 2, 2]", "True"),
        ("[2, 1]", "False"),
        ("[]", "True"),
    ),
    _exercise(
        "power(base, exponent)",
        "Return base to the power of exponent, a whole number of 0 or more.",
        "result = 1\nfor _ in range(exponent):\n    result *= base\nreturn result",
        "result = base\nfor _ in range(exponent - 1):\n    result *= base\nreturn result",
        ("2, 3", "8"),
        ("5, 0", "1"),
        ("-1, 3", "-1"),
    ),
    _exercise(
        "chunks(items, size)",
        "Return the items as lists of the given size; the last may be shorter.",
        "return [items[start:start + size] for start in range(0, len(items), size)]",
        "return [items[start:start + size] for start in range(0, len(items) - 1, size)]",
        ("[1, 2, 3, 4], 2", "[[1, 2], [3, 4]]"),
        ("[1, 2, 3], 2", "[[1, 2], [3]]"),
        ("[], 3", "[]"),
    ),
    _exercise(
        "capitalize_words(text)",
        "Return the text with a capital letter at the beginning of each word.",
        'return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))',
        'return " ".join(word.upper() for word in text.split(" "))',
        ("'two words'", "'Two Words'"),
        ("'x'", "'X'"),
        ("''", "''"),
    ),
    _exercise(
        "index_of(items, wanted)",
        "Return where the wanted item first stands, and -1 when it is not there.",
        "for index, item in enumerate(items):\n    if item == wanted:\n        return index\n"
        "return -1",
        "found = -1\nfor index, item in enumerate(items):\n    if item == wanted:\n"
        "        found = index\nreturn found",
        ("[4, 5, 4], 4", "0"),
        ("[4, 5], 6", "-1"),
        ("['a', 'b'], 'b'", "1"),
    ),
)
