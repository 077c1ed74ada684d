"""Regulation: advice that brings disturbed trains back to the plan with little energy."""
