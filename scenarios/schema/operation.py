"""How the operator works the line: trains at terminals and in depots, regulation, and what counts as punctual.

Every default is assumed, unless its help text names a source. Tolerances of numerical methods and the definition of
equal service are no fields of a scenario: they are the same for every line.
"""

from typing import Annotated

from pydantic import Field

from scenarios.schema.base import Number, Part, Seconds, Share, Whole

Patience = Annotated[Number, Field(ge=0, le=7_200)]


class Operation(Part):
    """How the operator works trains at terminals and in depots, regulates them, and counts punctuality."""

    powered_stand_s: Seconds = 900
    """A train that stands at a terminal for at most this time between two trips keeps its auxiliaries on for the whole
    time. Default: convention of the reference day."""
    shut_down_after_s: Seconds = 180
    """A train that stands longer, or that has ended its day, is shut down this long after its arrival. Default:
    convention of the reference day."""
    depot_after_s: Seconds = 900
    """A train that stands longer than this between two trips goes to the depot, at terminals with a depot and without
    `maximum_turnback_s`. Default: assumed."""
    depot_shunting_share: Share = 0.5
    """Share of the terminal's `turnback_s` during which a train from a depot or to a depot is on a turnback track.
    Default: assumed."""
    track_clearing_s: Annotated[Whole, Field(ge=0, le=3_600)] = 45
    """Time from a departure from a turnback track until the next train can arrive there without braking for it.
    Default: assumed; on simulated days of the Yizhuang line this time is 44 s."""
    missing_vehicle_patience_s: Patience = 300
    """On a simulated day, a train whose vehicle is still missing this long after its departure time at a terminal no
    longer holds up the trains behind it. Default: assumed."""
    full_depot_patience_s: Patience = 300
    """On a simulated day, a train that has waited this long for a place in a full depot is stabled outside the places.
    Default: assumed."""
    longest_hold_s: Patience = 45
    """With the controller `even`, a train on a simulated day is held at a station for at most this time. Default:
    assumed."""
    schedule_margin_s: Annotated[Whole, Field(ge=0, le=60)] = 4
    """With the controller `track`, a train on a simulated day leaves and arrives this long after its schedule if it is
    on time. Default: assumed; with 3 s of accumulating dwell noise, margins of 2 s to 6 s keep the same saving."""
    energy_hold_s: Annotated[Whole, Field(ge=0, le=60)] = 14
    """With the controller `energy`, a train leaves at most this long after its schedule if it could leave earlier.
    Default: measured, see docs/regulation.md."""
    energy_target_s: Annotated[Number, Field(ge=0, le=60)] = 4
    """With the controller `energy`, the price on lateness is zero for an arrival this long after the schedule. Default:
    measured, see docs/regulation.md."""
    lateness_price_kwh_per_s2: Annotated[Number, Field(ge=0, le=10)] = 0.01
    """With the controller `energy`, this energy is the price of one squared second of difference between the arrival
    and its target. Default: measured, see docs/regulation.md."""
    last_arrival_weight: Annotated[Number, Field(ge=1, le=100)] = 4
    """With the controller `energy`, the price on lateness is multiplied by this number at the last arrival of a trip,
    so that trips do not take longer than planned. Default: measured, see docs/regulation.md."""
    hold_review_s: Annotated[Number, Field(ge=1, le=7_200)] = 5
    """With the controller `energy`, a train that is held on a simulated day asks again after this time. Default:
    measured, see docs/regulation.md."""
    recovery_from_s: Patience = 25
    """With the controller `energy`, a train that is later than this recovers its lateness and does not save energy.
    Default: measured, see docs/regulation.md; Brussels switches its eco mode off for late trains in the same way."""
    spacing_from_s: Patience = 60
    """With the controller `energy`, a train waits for the train behind if that is later than this. Default: measured,
    see docs/regulation.md."""
    on_board_weight: Annotated[Number, Field(ge=0, le=100)] = 0.5
    """With the controller `energy`, a second on board counts as this number of seconds of waiting where a train waits
    for the train behind. Default: measured, see docs/regulation.md."""
    state_latency_s: Patience = 5
    """A regulator receives each event of another train this long after the event. Default: assumed; control centres
    poll trains every 1 s to 5 s."""
    advice_followed_share: Share = 1
    """On a simulated day, trains follow this share of the advice of a regulator, and otherwise use their own control.
    Default: an ATO follows all advice; assumed."""
    depot_visit_line_lengths: Annotated[Number, Field(ge=0, le=1_000)] = 1.32
    """An exchange between two duties that adds a depot visit must even out their distances by at least this many
    lengths of the line (root of the decrease of the sum of squares). Default: assumed, 30 km on the Yizhuang line."""
    shortest_last_gap_s: Seconds = 180
    """With headway periods, the last departure of the timetable in force runs only if the train before it left at least
    this long ago. Default: assumed."""
    punctual_within_s: Patience = 60
    """An arrival that is late by at most this time is punctual. Default: assumed; metros quote 60 s to 180 s."""
    tolerated_waiting_share: Share = 0.05
    """Demand-led plans: on simulated days, waiting beyond the timetable's may grow by this share of the waiting that
    the plan promises before the plan is rejected. Default: assumed."""
    supply_energised_s: Annotated[Whole, Field(ge=1, le=48 * 3600)] = 86_400
    """Time of a day during which the substations are under voltage, for the no-load losses of their transformers.
    Default: the whole day, assumed."""
