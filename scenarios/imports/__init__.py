"""Scenarios from an existing timetable: GTFS or CSV."""
