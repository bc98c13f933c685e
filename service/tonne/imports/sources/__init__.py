"""Files as tables of texts: delimited texts, workbooks, documents, standard input."""
