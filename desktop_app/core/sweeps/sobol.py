"""Sobol's sequence: points that fill a cube more evenly than dice do.

Direction numbers: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", 2008
(new-joe-kuo-6). The points are shifted by the seed (a random XOR in each dimension), which keeps their evenness.
Dimensions beyond the table are drawn by dice.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

_BITS = 32
_TABLE: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (1, 0, (1,)), (2, 1, (1, 3)), (3, 1, (1, 3, 1)), (3, 2, (1, 1, 1)), (4, 1, (1, 1, 3, 3)), (4, 4, (1, 3, 5, 13)),
    (5, 2, (1, 1, 5, 5, 17)), (5, 4, (1, 1, 5, 5, 5)), (5, 7, (1, 1, 7, 11, 19)), (5, 11, (1, 1, 5, 1, 1)),
    (5, 13, (1, 1, 1, 3, 11)), (5, 14, (1, 3, 5, 5, 31)), (6, 1, (1, 3, 3, 9, 7, 49)), (6, 13, (1, 1, 1, 15, 21, 21)),
    (6, 16, (1, 3, 1, 13, 27, 49)), (6, 19, (1, 1, 1, 15, 7, 5)), (6, 22, (1, 3, 1, 15, 13, 25)),
    (6, 25, (1, 1, 5, 5, 19, 61)), (7, 1, (1, 3, 7, 11, 23, 15, 103)), (7, 4, (1, 3, 7, 13, 13, 15, 69)),
)  # fmt: skip
"""For each dimension after the first: the degree of its polynomial, the polynomial's coefficients, first numbers."""


def points(dimensions: int, dice: random.Random) -> Iterator[tuple[float, ...]]:
    """Yield points of the unit cube without end."""
    known = [_directions(each) for each in range(min(dimensions, len(_TABLE) + 1))]
    state = [dice.getrandbits(_BITS) for _ in known]
    for number in itertools.count():
        drawn = (dice.random() for _ in range(dimensions - len(known)))
        yield (*(each / 2**_BITS for each in state), *drawn)
        lowest_zero = (~number & (number + 1)).bit_length() - 1
        for place, numbers in enumerate(known):
            state[place] ^= numbers[min(lowest_zero, _BITS - 1)]


def _directions(dimension: int) -> list[int]:
    if dimension == 0:
        return [1 << (_BITS - 1 - each) for each in range(_BITS)]
    degree, coefficients, first = _TABLE[dimension - 1]
    numbers = [each << (_BITS - 1 - place) for place, each in enumerate(first)]
    for place in range(degree, _BITS):
        next_one = numbers[place - degree] ^ (numbers[place - degree] >> degree)
        for each in range(1, degree):
            if coefficients >> (degree - 1 - each) & 1:
                next_one ^= numbers[place - each]
        numbers.append(next_one)
    return numbers
