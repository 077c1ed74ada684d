"""Energy of a planned timetable at the substations, and its lower bound."""
