"""The trained block model and its card."""
