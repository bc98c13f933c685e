"""The shipped catalogue: published factors and the taxonomy, as CSV files.

`editions/` holds one file per edition, frozen once published; the other tables say what the
editions, gases, blends, properties of fuels, activities and regions are. The columns and what is
missing stand in `docs/catalogue.md`; `tests/unit/catalogue/editions/test_shipped_data.py` checks
the rows.
"""
