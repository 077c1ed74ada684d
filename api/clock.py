"""Times of day as text, for all outputs."""


def clock_text(time_s: float) -> str:
    """HH:MM:SS of the nearest second; hours may pass 23, because the service day may pass midnight."""
    whole = round(time_s)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
