"""Clock texts as every output writes them."""


def clock_text(time_s: float) -> str:
    """HH:MM:SS of the nearest second; hours pass 23 where the service day passes midnight."""
    whole = round(time_s)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
