"""Tests of what lies in sql/, on the running stores."""
