"""What the assignment of vehicles with models of their own saves, in one sentence."""

from api.result import PlanResult


def vehicles_sentence(result: PlanResult) -> str:
    """The saving of the assignment alone, with its interval; empty for a plan without models of single vehicles."""
    found = result.metadata.get("assignment_saving")
    if not isinstance(found, dict):
        return ""
    low, high = (float(one) for one in _pair(found["saving_ci95_kwh"]))
    least, most = (float(one) for one in _pair(found["random_range_kwh"]))
    saved = float(str(found["saving_kwh"]))
    certain = " The interval includes zero, so this saving is not significant." if low <= 0.0 <= high else ""
    excess = float(str(found.get("mileage_excess_km", 0.0)))
    outside = (
        f" Vehicles leave the band of mileage by {excess:,.0f} km in sum; no assignment of these duties avoids this."
        if excess > 0.0
        else ""
    )
    if found.get("is_mileage_balanced") is False:
        outside = (
            " No mileage.csv of the fleet folder balances the mileage: the day is assigned for itself, and the mileage "
            "of thrifty vehicles grows faster."
        )
    return (
        f"The choice of the vehicle for each duty alone saves {saved:,.1f} kWh a day (95 % interval {low:,.1f} to "
        f"{high:,.1f} kWh, with the errors of the models) against random vehicles for the same duties: "
        f"{float(str(found['kwh'])):,.0f} instead of {float(str(found['random_kwh'])):,.0f} kWh (mean of "
        f"{found['random_assignments']} random assignments, {least:,.0f} to {most:,.0f} kWh), metered at the "
        f"{found['metering_point']}, {found['model']}.{certain}{outside}"
    )


def _pair(value: object) -> list[float]:
    return [float(str(one)) for one in value] if isinstance(value, list) else [0.0, 0.0]
