"""Cost and CO2 of electricity: tariff, bill, and emissions."""
