"""Compiled arrays of the timing search: no trip, no timetable and no scenario enters here."""
