"""How dangerous things are: assessments, warnings, scans, approvals and health."""
