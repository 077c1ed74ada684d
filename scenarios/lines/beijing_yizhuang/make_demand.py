"""Makes demand.csv: journeys of a weekday by origin, destination and 15 minutes. Everything here is assumed.

Only the daily total is published (221,200 passengers in 2014). The rest is a model, so that the line can be studied:

- Each station has homes and jobs (below). Songjiazhuang stands for the whole city behind its interchange.
- In the morning a journey goes from homes to jobs, in the evening from jobs to homes, in between half and half, each
  with weight `homes · jobs · exp(-distance / 12 km)`.
- Over the day: a morning peak (normal, centred on 07:50, standard deviation 45 min, 36 % of the passengers), an
  evening peak (18:00, 60 min, 34 %), and 30 % spread evenly over the hours of service.
- Nobody enters before the first or after the last train of a direction has left its terminal.

Run `python make_demand.py` in this folder; the same file comes out every time.
"""

import csv
import math
from pathlib import Path

HERE = Path(__file__).parent
PASSENGERS_PER_DAY = 221_200
INTERVAL_S = 900
DISTANCE_SCALE_M = 12_000.0
HOMES_AND_JOBS = {
    "SJZ": (26, 34), "XC": (5, 2), "XHM": (5, 2), "JG": (10, 3), "YZQ": (8, 5), "WHY": (7, 5), "WY": (5, 7),
    "RJ": (4, 9), "RC": (4, 10), "TJN": (6, 5), "JH": (4, 5), "CQN": (5, 3), "CQ": (5, 2), "YZ": (6, 8),
}  # fmt: skip
MORNING = (0.36, 7 * 3600 + 50 * 60, 45 * 60)
EVENING = (0.34, 18 * 3600, 60 * 60)
SERVICE_S = {"up": (6 * 3600, 23 * 3600 + 20 * 60), "down": (5 * 3600 + 20 * 60, 22 * 3600 + 40 * 60)}


def chainages() -> dict[str, float]:
    """Chainage of each station, m, from the line's own table."""
    lines = [line for line in (HERE / "stations.csv").read_text().splitlines() if not line.startswith("#")]
    return {row["id"]: float(row["chainage_m"]) for row in csv.DictReader(lines)}


def peak(time_s: float, share: float, centre_s: float, deviation_s: float) -> float:
    """Part of the day's passengers in the interval that begins at a time, from one normal peak."""
    ends = [math.erf((edge - centre_s) / deviation_s / math.sqrt(2)) / 2 for edge in (time_s, time_s + INTERVAL_S)]
    return share * (ends[1] - ends[0])


def journeys() -> list[tuple[str, str, str, float]]:
    """Rows of the table, in order of time, origin and destination."""
    place = chainages()
    pairs = [(origin, destination) for origin in place for destination in place if origin != destination]
    to_work = {
        (a, b): HOMES_AND_JOBS[a][0] * HOMES_AND_JOBS[b][1] * math.exp(-abs(place[a] - place[b]) / DISTANCE_SCALE_M)
        for a, b in pairs
    }
    whole = sum(to_work.values())
    first, last = min(begin for begin, _ in SERVICE_S.values()), max(end for _, end in SERVICE_S.values())
    rows = []
    for time_s in range(first // INTERVAL_S * INTERVAL_S, last, INTERVAL_S):
        morning, evening = peak(time_s, *MORNING), peak(time_s, *EVENING)
        between = (1 - MORNING[0] - EVENING[0]) * INTERVAL_S / (last - first)
        for a, b in pairs:
            begin, end = SERVICE_S["up" if place[b] > place[a] else "down"]
            if begin // INTERVAL_S * INTERVAL_S <= time_s < end - INTERVAL_S:
                there, back = to_work[a, b] / whole, to_work[b, a] / whole
                share = morning * there + evening * back + between * (there + back) / 2
                rows.append((f"{time_s // 3600:02d}:{time_s // 60 % 60:02d}", a, b, share))
    total = sum(row[3] for row in rows)
    return [(*row[:3], PASSENGERS_PER_DAY * row[3] / total) for row in rows]


if __name__ == "__main__":
    with (HERE / "demand.csv").open("w", newline="") as file:
        file.write("# Journeys of a weekday, all assumed: made by make_demand.py, which says how.\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("from", "origin", "destination", "passengers"))
        writer.writerows((*row[:3], f"{row[3]:.2f}") for row in journeys())
