"""The forms of a report: a page, a workbook, CSV, JSON, all from the same tables."""
