"""Profiles that come with Tonne, as TOML files: meters, bills and exports of known sources."""
