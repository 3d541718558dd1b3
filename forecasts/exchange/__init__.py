"""Forecasts that come from elsewhere and go elsewhere, one file a format."""
