"""Complete a scenario: replace borrowed and missing inputs by own or by typical values."""
