"""Plans as values: timetable, headways, loads, waiting, fixes, and the timetable in force."""
