"""Files in addition to a scenario: the fixes of a plan, and the cases of a sweep."""
