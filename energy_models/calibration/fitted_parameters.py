"""The parameters of the fit of a train, by their places in its vector."""

from enum import IntEnum


class P(IntEnum):
    """Places of the parameters in the vector of the fit."""

    TARE = 0
    ROTATING = 1
    A = 2
    B = 3
    C = 4
    TRACTION_CONSTANT = 5
    TRACTION_SHARE = 6
    TRACTION_FORCE = 7
    TRACTION_SPEED = 8
    BRAKE_CONSTANT = 9
    BRAKE_SHARE = 10
    BRAKE_FORCE = 11
    BRAKE_SPEED = 12
    CURVE = 13
    CURVE_SQUARE = 14
    LAG = 15


COUNT = len(P)
