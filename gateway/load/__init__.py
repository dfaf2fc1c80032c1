"""Loads data files into the four stores, and records single prices that arrive later."""

from gateway.load.live import GasPrice, Price, publish_gas, publish_prices, record_prices
from gateway.load.report import FileReport, LoadReport, OnProgress, Progress
from gateway.load.run import LoadOptions, UnknownSourceError, load

__all__ = [
    "FileReport",
    "GasPrice",
    "LoadOptions",
    "LoadReport",
    "OnProgress",
    "Price",
    "Progress",
    "UnknownSourceError",
    "load",
    "publish_gas",
    "publish_prices",
    "record_prices",
]
