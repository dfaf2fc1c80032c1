"""Shielded pools and stealth addresses.

Aggregates for everybody; nothing joins a person to a deposit, or a deposit to its withdrawal.
"""
