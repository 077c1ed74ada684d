"""Headways for each period and direction: as today, or decided from the demand within the policy."""
