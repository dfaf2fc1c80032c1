"""Forecasts of prices, value locked and trends, and how good their models are."""
