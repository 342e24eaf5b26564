"""The report of one evaluation, as JSON and as an HTML page."""

from doppelganger.evaluation.report.page import page_of, report_of, write_report

__all__ = ["page_of", "report_of", "write_report"]
