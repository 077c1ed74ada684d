"""Decisions: headways, timetable, duties; the plan, its checker and its explanation. Solvers live only here."""
