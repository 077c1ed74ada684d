"""One saving of a plan with its basis, as a value of a result; `savings` lists every saving that is printed."""

from pydantic import BaseModel, ConfigDict


class SavingFigure(BaseModel):
    """One saving of the plan in % with both energies in kWh a day at the substations' DC terminals, and its basis.

    `baseline_kwh` is the energy of the baseline that `baseline` names. `differs` states why the figure is not the
    headline (`is_headline`), `shown_in` where the figure is printed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    title: str
    is_headline: bool
    saving_percent: float
    baseline_kwh: float
    plan_kwh: float
    days: str
    supply_model: str
    baseline: str
    differs: str
    shown_in: str
