"""Random numbers that depend only on the seed and the name of an object, and their distributions."""

import hashlib
import math

from scipy.special import ndtri

_WORD = 2.0**64


def uniform(*things: object) -> float:
    """A number in (0, 1) that depends only on these words; the first word is its purpose."""
    digest = hashlib.blake2b("|".join(map(str, things)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") + 0.5) / (_WORD + 1.0)


def normal(share: float) -> float:
    """The standard normal quantile of a share in (0, 1)."""
    return float(ndtri(share))


def lognormal_s(share: float, mean_s: float, standard_deviation_s: float) -> float:
    """The quantile in s of a lognormal with that mean and standard deviation: exp(μ + σ·z), σ² = ln(1 + (sd/mean)²)."""
    spread = math.log1p((standard_deviation_s / mean_s) ** 2)
    return mean_s * math.exp(math.sqrt(spread) * normal(share) - spread / 2.0)


def exponential_s(share: float, mean_s: float) -> float:
    """The quantile in s of an exponential law with that mean."""
    return -mean_s * math.log1p(-share)


def poisson(share: float, mean: float) -> int:
    """The quantile of a Poisson law: the least n whose probability of at most n reaches the share."""
    count, probability = 0, math.exp(-mean)
    reached = probability
    while reached < share and probability > 0.0:
        count += 1
        probability *= mean / count
        reached += probability
    return count
