"""The report of one evaluation, as JSON and as an HTML page."""
