"""The tables of the manifest, by what they are about; `schema` names them all."""
