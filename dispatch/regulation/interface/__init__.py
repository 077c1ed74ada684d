"""The values between a line and its regulator; simulated days and the live line use the same ones."""
