"""The page that plays a simulated day in time."""
