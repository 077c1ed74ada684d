"""GTFS, the form in which timetables are published: read strictly, and turned into the beginning of a scenario."""
