"""The generated stubs of `proto/tonne/v1`; `make proto` writes them, nobody edits them."""
