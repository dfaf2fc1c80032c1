"""Taxable events, purchases and sales, and reports on them."""
